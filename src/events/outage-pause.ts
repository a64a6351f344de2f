const LONGEST_MS = 10_000;

/** How long a handler gets nothing after an outage; each further one doubles the wait, up to ten seconds. */
export class OutagePause {
  #failures = 0;
  #endsAt = 0;

  constructor(private readonly firstMs: number) {}

  /** Whether the last call that ended told of an outage. */
  get isOutage(): boolean {
    return this.#failures > 0;
  }

  /** How long nothing is to be tried, in milliseconds. */
  get leftMs(): number {
    return Math.max(this.#endsAt - performance.now(), 0);
  }

  /** A call told of an outage; calls under way at the same time tell of the same one. */
  begin(): void {
    if (this.leftMs > 0) return;
    const waitMs = Math.min(this.firstMs * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    this.#endsAt = performance.now() + waitMs * (0.5 + Math.random() / 2);
  }

  /** A call told of none. */
  end(): void {
    this.#failures = 0;
    this.#endsAt = 0;
  }
}
