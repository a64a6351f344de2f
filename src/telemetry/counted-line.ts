const MINUTE_MS = 60_000;

/**
 * One kind of log line that others can cause as often as they like: said at once, then at most once a minute, with how
 * many there were since. Nothing is lost: what came within the minute is said at its end.
 */
export class CountedLine {
  #said = 0;
  #unsaid = 0;
  #latest = '';
  #isCounting = false;

  /**
   * @param say writes a line
   * @param burst so many in a minute are said each for itself, before the others are counted
   */
  constructor(
    private readonly say: (line: string) => void,
    private readonly burst = 1,
  ) {}

  /** It has happened. `line` holds nothing secret, and no person. */
  note(line: string): void {
    if (!this.#isCounting) this.#count();
    if (this.#said < this.burst) {
      this.#said += 1;
      this.say(line);
    } else {
      this.#unsaid += 1;
      this.#latest = line;
    }
  }

  #count(): void {
    this.#isCounting = true;
    setTimeout(() => this.#tell(), MINUTE_MS).unref();
  }

  #tell(): void {
    this.#isCounting = false;
    const count = this.#unsaid;
    this.#unsaid = 0;
    this.#said = 0;
    if (count === 0) return;
    // This line is the one of the minute that begins.
    this.#said = this.burst;
    this.#count();
    this.say(`${this.#latest} (the last of ${count} within a minute)`);
  }
}
