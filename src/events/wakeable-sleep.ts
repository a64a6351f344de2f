/** A wait that others can end; a wake that comes while nobody waits ends the next one. */
export class WakeableSleep {
  #woken = false;
  #end: () => void = () => undefined;

  wake(): void {
    this.#woken = true;
    this.#end();
  }

  /** Waits until woken, `milliseconds` at most. */
  async for(milliseconds: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#end = () => undefined;
    }
    this.#woken = false;
  }
}
