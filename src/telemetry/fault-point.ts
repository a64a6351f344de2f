/** The places at which a test may end, break or delay the process, to prove that nothing is lost there. */
export type FaultPoint =
  | 'after_verify'
  | 'before_commit'
  | 'after_commit_before_ack'
  | 'spool_before_write'
  | 'spool_after_write_before_sync'
  | 'spool_after_sync_before_ack'
  | 'drain_mid_segment'
  | 'drain_after_apply_before_unlink'
  | 'claim_after_lease'
  | 'cursor_after_lease'
  | 'log_after_read'
  | 'advance_before_commit'
  | 'advance_after_commit'
  | 'consumer_before_commit';

type FaultHandler = (point: FaultPoint) => void | Promise<void>;

let handler: FaultHandler | null = null;

/** Lets a test act at every fault point; null ends it. */
export function onFaultPoint(next: FaultHandler | null): void {
  handler = next;
}

/** Marks a fault point. Costs a comparison with null where no test listens. */
export function faultPoint(point: FaultPoint): void | Promise<void> {
  if (handler !== null) return handler(point);
}
