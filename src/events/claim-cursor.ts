/** Before every position. */
const HEAD = '0';

/** How long the head is left alone once something was found behind it, or nothing in the end. */
const HEAD_AGAIN_MS = 10_000;

/**
 * Where the claims of one loop begin to look. Deliveries behind a parked one of their message stay due, and may be a
 * million: claims that begin at the head each time would look at all of them, and in the end find nothing in their time.
 * So what was looked at in vain is passed over, until something was found behind it and a while longer.
 */
export class ClaimCursor {
  #after = HEAD;
  #headAgainAt: number | null = null;

  /** The position behind which the next claim looks: 64 bits, as text. */
  next(): string {
    if (this.#headAgainAt !== null && performance.now() >= this.#headAgainAt) {
      this.#after = HEAD;
      this.#headAgainAt = null;
    }
    return this.#after;
  }

  /** Up to this position nothing can be claimed now. */
  advance(position: string): void {
    this.#after = position;
  }

  /** Something was claimed, or everything looked at. */
  arrive(): void {
    if (this.#after !== HEAD) this.#headAgainAt ??= performance.now() + HEAD_AGAIN_MS;
  }
}
