/** Where a message stands; never backwards. */
export type State = 'pending' | 'sent' | 'reported';

/** What became of a message; null until it is known. */
export type Outcome = 'delivered' | 'undelivered' | 'partially_delivered' | 'rejected' | 'unknown';

/** What one report decides about its message. */
export interface Standing {
  /** null: the report decides no state. */
  state: State | null;
  outcome: Outcome | null;
  succeeded: number;
  failed: number;
  /** How far within its state: compared first number first, greater is further. */
  progress: readonly [number, number];
}

/** What the gateway's status and counters said, each null where it was absent or could not be read. */
export interface ReportedStatus {
  sendStatus: number | null;
  succeeded: number | null;
  failed: number | null;
  receivers: number | null;
  sent: number | null;
  /** Whether SendSuccess or SendFailed was there but could not be read. */
  countersUnreadable: boolean;
}

const PENDING_STATUSES: readonly number[] = [0, 1, 2, 3];
const REJECTED = 4;
const FINISHED = 5;
const SENT = 7;

/** How many people a message went to: the first positive one of the two totals, else one. */
export function receiversOf({ receivers, sent }: { receivers: number | null; sent: number | null }): number {
  return [receivers, sent].find((each) => each !== null && each > 0) ?? 1;
}

/**
 * The table of design §3. 5 means "finished sending", never "delivered" by itself: the advertising sample says 5 with
 * 0 succeeded and 0 failed of 169, and is charged.
 */
export function standingOf(status: ReportedStatus): Standing {
  const succeeded = status.succeeded ?? 0;
  const failed = status.failed ?? 0;
  const counted = succeeded + failed;
  const counters = { succeeded, failed };
  const { sendStatus } = status;
  if (sendStatus === null) return { state: null, outcome: null, ...counters, progress: [0, 0] };
  if (PENDING_STATUSES.includes(sendStatus)) {
    return { state: 'pending', outcome: null, ...counters, progress: [sendStatus, 0] };
  }
  if (sendStatus === SENT) return { state: 'sent', outcome: null, ...counters, progress: [counted, 0] };
  if (sendStatus === REJECTED) return { state: 'reported', outcome: 'rejected', ...counters, progress: [0, 0] };
  if (sendStatus !== FINISHED) return { state: null, outcome: null, ...counters, progress: [0, 0] };
  if (status.countersUnreadable || counted < receiversOf(status)) {
    return { state: 'sent', outcome: null, ...counters, progress: [counted, 1] };
  }
  return { state: 'reported', outcome: finishedOutcome(succeeded, failed), ...counters, progress: [1, 0] };
}

function finishedOutcome(succeeded: number, failed: number): Outcome {
  if (failed === 0) return 'delivered';
  return succeeded === 0 ? 'undelivered' : 'partially_delivered';
}
