const SECOND_MS = 1_000;

/** Something that lasts a while: told in one line when it begins and one when it is over, and not while it goes on. */
export class Condition {
  #since: number | null = null;
  #latest = 0;
  #times = 0;

  /** Notes that it is so, once more. Calls `tell` where it was not before. */
  note(tell: () => void): void {
    this.#latest = performance.now();
    this.#times += 1;
    if (this.#since !== null) return;
    this.#since = this.#latest;
    tell();
  }

  /** How long it has not been noted, in milliseconds; 0 where it is over. */
  get quietMs(): number {
    return this.#since === null ? 0 : performance.now() - this.#latest;
  }

  /** Notes that it is over. Calls `tell` where it was so, with how long in seconds and how often it was noted. */
  end(tell: (seconds: string, times: number) => void): void {
    if (this.#since === null) return;
    const seconds = ((this.#latest - this.#since) / SECOND_MS).toFixed(1);
    const times = this.#times;
    this.#since = null;
    this.#times = 0;
    tell(seconds, times);
  }
}
