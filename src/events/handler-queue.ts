import type { ClaimedDelivery } from './delivery-claims.js';

/** What one call of a handler gets. */
export interface HandlerWork {
  deliveries: readonly ClaimedDelivery[];
  lease: string;
  /** When the lease ends, by this process's own clock. */
  endsAt: number;
}

/**
 * What was claimed and waits for a call. What failed before is kept apart: it is handed over alone, may take half of
 * the calls at most, and takes turns with the rest, so that it never holds up what was not tried yet.
 */
export class HandlerQueue {
  readonly #fresh: HandlerWork[] = [];
  readonly #retries: HandlerWork[] = [];
  #retriesRunning = 0;
  #running = 0;
  #wasRetry = false;

  constructor(
    private readonly concurrency: number,
    private readonly batch: number,
  ) {}

  /** Calls that run. */
  get running(): number {
    return this.#running;
  }

  /** Calls that run or wait, but for what failed before and waits. */
  get size(): number {
    return this.#running + this.#fresh.length;
  }

  /** Whether nothing runs and nothing waits. */
  get isEmpty(): boolean {
    return this.size + this.#retries.length === 0;
  }

  /** Whether enough has failed before that no more of it should be taken. */
  get hasRetriesEnough(): boolean {
    return this.#retries.length + this.#retriesRunning >= this.#mostRetries;
  }

  /** Adds the deliveries of one claim. */
  add(claimed: readonly ClaimedDelivery[], { lease, endsAt }: Omit<HandlerWork, 'deliveries'>): void {
    const fresh = claimed.filter(({ attempts }) => attempts === 1);
    for (let start = 0; start < fresh.length; start += this.batch) {
      this.#fresh.push({ deliveries: fresh.slice(start, start + this.batch), lease, endsAt });
    }
    for (const each of claimed) if (each.attempts > 1) this.#retries.push({ deliveries: [each], lease, endsAt });
  }

  /** Runs `call` for what waits, as far as there is room; `done` when one has ended. `call` must not reject. */
  start(call: (work: HandlerWork) => Promise<void>, done: () => void): void {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      const { work, isRetry } = next;
      this.#running += 1;
      if (isRetry) this.#retriesRunning += 1;
      this.#wasRetry = isRetry;
      void call(work).finally(() => {
        this.#running -= 1;
        if (isRetry) this.#retriesRunning -= 1;
        done();
      });
    }
  }

  /** Takes away everything that no call has been made for. */
  clear(): HandlerWork[] {
    return [...this.#fresh.splice(0), ...this.#retries.splice(0)];
  }

  get #mostRetries(): number {
    return Math.max(1, Math.floor(this.concurrency / 2));
  }

  #next(): { work: HandlerWork; isRetry: boolean } | null {
    if (this.#running >= this.concurrency) return null;
    const mayRetry = this.#retries.length > 0 && this.#retriesRunning < this.#mostRetries;
    const isRetry = mayRetry && (!this.#wasRetry || this.#fresh.length === 0);
    const work = (isRetry ? this.#retries : this.#fresh).shift();
    return work === undefined ? null : { work, isRetry };
  }
}
