import { readFileSync } from 'node:fs';
import type { FaultPoint } from '../../src/telemetry/fault-point.js';
import type { Random } from './random.js';
import type { CrashPlan } from './replica-process.js';

/**
 * Every named point, with the passing at which it is hit at the latest: rare ones are hit at once. null: no process of a
 * run passes it, since it has no handlers but our own, and nothing of theirs fails.
 */
const POINTS: Readonly<Record<FaultPoint, number | null>> = {
  after_verify: 60,
  before_commit: 30,
  after_commit_before_ack: 60,
  spool_before_write: 3,
  spool_after_write_before_sync: 3,
  spool_after_sync_before_ack: 3,
  drain_mid_segment: 1,
  drain_after_apply_before_unlink: 1,
  claim_after_lease: null,
  cursor_after_lease: 1,
  log_after_read: 5,
  advance_before_commit: 5,
  advance_after_commit: 5,
  consumer_before_commit: 5,
};

const REACHED = (Object.keys(POINTS) as FaultPoint[]).filter((point) => POINTS[point] !== null);

/** Decides where each new process of a replica is to end itself, until every point was hit often enough. */
export class CrashPlanner {
  #ended = false;

  /** @param hits wanted of each point; 0: no process ends itself */
  constructor(
    readonly marks: string,
    private readonly hits: number,
    private readonly random: Random,
  ) {}

  next(): CrashPlan | null {
    if (this.#ended || this.hits === 0) return null;
    const counts = this.counts();
    const open = REACHED.filter((point) => (counts.get(point) ?? 0) < this.hits);
    if (open.length === 0) return null;
    const point = this.random.pick(open);
    return { point, passing: this.random.whole(1, POINTS[point] ?? 1), marks: this.marks };
  }

  /** How often each point was hit. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const point of readFileSync(this.marks, 'utf8').split('\n').filter(Boolean)) {
      counts.set(point, (counts.get(point) ?? 0) + 1);
    }
    return counts;
  }

  /** Whether every point was hit as often as wanted. */
  get isDone(): boolean {
    const counts = this.counts();
    return REACHED.every((point) => (counts.get(point) ?? 0) >= this.hits);
  }

  /** From now on new processes live. */
  end(): void {
    this.#ended = true;
  }
}
