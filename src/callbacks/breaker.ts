const FAILURES_TO_OPEN = 3;
const PROBE_EVERY_MS = 1_000;
/** After how long without a further failure nobody knows any more: it may be that no callback came to see. */
const KNOWN_FOR_MS = 5_000;

/**
 * Remembers that the database is away, so that not every callback of an outage waits for it in vain. While it is away,
 * one callback a second is let through to see.
 */
export class Breaker {
  #failures = 0;
  #lastProbe = 0;

  /** Whether this callback may try the database. */
  allows(): boolean {
    if (this.#failures < FAILURES_TO_OPEN) return true;
    const now = performance.now();
    if (now - this.#lastProbe < PROBE_EVERY_MS) return false;
    this.#lastProbe = now;
    return true;
  }

  /** Whether the database is taken for away, on what callbacks met a moment ago. */
  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN && performance.now() - this.#lastProbe < KNOWN_FOR_MS;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** Whether this failure made it take the database for away. */
  failed(): boolean {
    this.#failures += 1;
    // From its end: counted from its beginning, callbacks that come one by one would each be the next probe.
    if (this.#failures >= FAILURES_TO_OPEN) this.#lastProbe = performance.now();
    return this.#failures === FAILURES_TO_OPEN;
  }
}
