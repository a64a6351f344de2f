import { LockedByOthers } from './locked-by-others.js';
import type { WaitingReport } from './waiting-report.js';

const LOCK_MS = 1_000;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 250;

interface Pause {
  /** When it is given up, by `performance.now()`. */
  end: number;
  nextMs: number;
}

/**
 * Reports whose message another transaction holds: each is tried again after a pause, twice as long each time, until its
 * time is over. No connection and no writer waits meanwhile, so any number of them keeps nobody up.
 */
export class SetAside {
  readonly #pauses = new WeakMap<WaitingReport, Pause>();

  /** @param again takes a report whose pause is over */
  constructor(private readonly again: (waiting: WaitingReport) => void) {}

  /** Pauses a report, or rejects it with {@link LockedByOthers} where it has waited long enough. */
  put(waiting: WaitingReport): void {
    if (this.refuseLate(waiting)) return;
    const pause = this.#pauseOf(waiting);
    const milliseconds = Math.min(pause.nextMs, Math.max(0, pause.end - performance.now()));
    pause.nextMs = Math.min(pause.nextMs * 2, LONGEST_PAUSE_MS);
    // Not all at once: those that came together would meet each other again.
    setTimeout(this.again, milliseconds * (1 - Math.random() / 2), waiting);
  }

  /** Rejects a report that has waited long enough, from when this was first asked; whether it was one. */
  refuseLate(waiting: WaitingReport): boolean {
    if (performance.now() < this.#pauseOf(waiting).end) return false;
    const { account, smsId } = waiting.received.report;
    waiting.reject(new LockedByOthers(`message ${smsId} of account ${account}`));
    return true;
  }

  #pauseOf(waiting: WaitingReport): Pause {
    const known = this.#pauses.get(waiting);
    if (known !== undefined) return known;
    const pause = { end: performance.now() + (waiting.patience?.lockMs ?? LOCK_MS), nextMs: FIRST_PAUSE_MS };
    this.#pauses.set(waiting, pause);
    return pause;
  }
}
