/** Before every position. */
const HEAD = '0';

/** How long the head is left alone once something was found behind it, or nothing in the end. */
const HEAD_AGAIN_MS = 10_000;

/** What a claim that began at the cursor came to. */
export interface Look {
  /** The position up to which nothing more can be claimed now; null where the cursor stays. */
  reached: string | null;
  hasFound: boolean;
  /** Whether everything behind the cursor was looked at. */
  isEnd: boolean;
}

/**
 * Where the claims of one loop begin to look. Deliveries behind a parked one of their message stay due, and may be a
 * million: claims that begin at the head each time would look at all of them, and in the end find nothing in their time.
 * So what was looked at in vain is passed over, until something was found behind it and a while longer.
 */
export class ClaimCursor {
  #after = HEAD;
  #headAgainAt: number | null = null;
  #restMs = HEAD_AGAIN_MS;
  #sawEnd = false;

  /** The position behind which the next claim looks: 64 bits, as text. */
  next(): string {
    if (this.#headAgainAt !== null && performance.now() >= this.#headAgainAt) this.#goToHead();
    return this.#after;
  }

  /** Goes on where the claim that began at {@link next} has ended. */
  looked({ reached, hasFound, isEnd }: Look): void {
    if (reached !== null) this.#after = reached;
    if (this.#after === HEAD) return;
    this.#sawEnd ||= isEnd;
    if (hasFound || isEnd) this.#headAgainAt ??= performance.now() + this.#restMs;
  }

  /** Where that was too early to see the end, the next time leaves twice as long for it. */
  #goToHead(): void {
    this.#restMs = this.#sawEnd ? HEAD_AGAIN_MS : this.#restMs * 2;
    this.#after = HEAD;
    this.#headAgainAt = null;
    this.#sawEnd = false;
  }
}
