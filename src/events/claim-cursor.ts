/** Before every position. */
const HEAD = '0';

/**
 * How far before what was taken the next claim begins: what follows in its message, and what was committed late, is
 * there.
 */
const MARGIN = 10_000n;

/** How long the head is left alone once something was taken far behind it. */
const HEAD_AGAIN_MS = 1_000;

/** And once something was found behind what was looked at in vain, or nothing in the end: that may be very much. */
const HEAD_AGAIN_AFTER_PASSING_MS = 10_000;
/** Time enough to pass over 15,000,000 (2,000,000 took 9 s); what is due again at the head waits so long at most. */
const LONGEST_REST_MS = 80_000;

/** What a claim that began at the cursor came to. */
export interface Look {
  /** The position up to which nothing more can be claimed now; null where the cursor may stay. */
  reached: string | null;
  /** The first position that it took; null where it took nothing. */
  taken: string | null;
  /** Whether everything behind the cursor was looked at. */
  isEnd: boolean;
}

/**
 * Where the claims of one loop begin to look. Claims that begin at the head each time would look at too much there:
 *
 * - Deliveries behind a parked one of their message stay due, and may be a million. What was looked at in vain is passed
 *   over, until something was found behind it and a while longer.
 * - What is done stays in the index until a vacuum takes it away: within 180,000 callbacks claims went from 45 to 72 µs
 *   of PostgreSQL's time each, without this; to some 55 with it (measured). So they begin shortly before what the last
 *   one took, and once a second at the head.
 */
export class ClaimCursor {
  #after = HEAD;
  #headAgainAt: number | null = null;
  #passingRestMs = HEAD_AGAIN_AFTER_PASSING_MS;
  #isPassing = false;
  #sawEnd = false;

  /** The position behind which the next claim looks: 64 bits, as text. */
  next(): string {
    if (this.#headAgainAt !== null && performance.now() >= this.#headAgainAt) this.#goToHead();
    return this.#after;
  }

  /** Goes on where the claim that began at {@link next} has ended. */
  looked({ reached, taken, isEnd }: Look): void {
    if (reached !== null) this.#passTo(reached);
    else if (taken !== null && !this.#isPassing) this.#after = shortlyBefore(taken, this.#after);
    if (this.#after === HEAD) return;
    this.#sawEnd ||= isEnd;
    if (taken === null && !isEnd) return;
    this.#headAgainAt ??= performance.now() + (this.#isPassing ? this.#passingRestMs : HEAD_AGAIN_MS);
  }

  #passTo(position: string): void {
    this.#after = position;
    if (!this.#isPassing) this.#headAgainAt = null;
    this.#isPassing = true;
  }

  /** Where that was too early to see the end of what is passed over, the next time leaves twice as long for it. */
  #goToHead(): void {
    const wasTooEarly = this.#isPassing && !this.#sawEnd;
    this.#passingRestMs = wasTooEarly
      ? Math.min(this.#passingRestMs * 2, LONGEST_REST_MS)
      : HEAD_AGAIN_AFTER_PASSING_MS;
    this.#after = HEAD;
    this.#headAgainAt = null;
    this.#isPassing = false;
    this.#sawEnd = false;
  }
}

function shortlyBefore(taken: string, after: string): string {
  const position = BigInt(taken) - MARGIN;
  return position > BigInt(after) ? String(position) : after;
}
