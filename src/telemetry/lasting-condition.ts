/**
 * Something that lasts and that an operator must know of: its beginning, each change of its reason and its end are news,
 * that it goes on is none. Numbers in a reason (ports, durations, counts) make no other reason of it.
 */
export class LastingCondition {
  #reason: string | null = null;

  /** It holds, for this reason. Gives whether that is news. */
  holds(reason: string): boolean {
    const kind = reason.replaceAll(/\d+/g, '#');
    if (kind === this.#reason) return false;
    this.#reason = kind;
    return true;
  }

  /** It holds no more. Gives whether that is news. */
  ended(): boolean {
    if (this.#reason === null) return false;
    this.#reason = null;
    return true;
  }
}
