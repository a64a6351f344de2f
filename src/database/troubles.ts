import { Logger } from '@nestjs/common';
import { isLasting } from './is-lasting.js';

/** What of the words of an error changes from one try to the next: addresses, ports, process ids. */
const CHANGING = /[\d.:]+/g;

/** Tells what keeps us from the database: one line for each change, none for its continuation. */
export class Troubles {
  readonly #logger = new Logger('EsmsDatabase');
  #condition: string | null = null;
  #since = 0;
  #latest: unknown = null;

  /** The error that was noted last; null where nothing is wrong. */
  get latest(): unknown {
    return this.#latest;
  }

  /** Something went wrong, perhaps as before. What passes by itself is a warning, whatever it is each time. */
  note(error: unknown): void {
    const words = wordsOf(error);
    const lasts = isLasting(error);
    const condition = lasts ? words.replaceAll(CHANGING, '') : 'away';
    this.#latest = error;
    if (condition === this.#condition) return;
    if (this.#condition === null) this.#since = performance.now();
    this.#condition = condition;
    if (lasts) this.#logger.error(`the database cannot be used until somebody sees to it: ${words}`);
    else this.#logger.warn(`the database is not ready, and asked again: ${words}`);
  }

  /** It went well. */
  end(): void {
    if (this.#condition !== null) {
      this.#logger.log(`the database is back after ${Math.ceil((performance.now() - this.#since) / 1_000)} s`);
    }
    this.#condition = null;
    this.#latest = null;
  }
}

/** What an error says, and its code where the words do not. A host with several addresses has an error of each. */
export function wordsOf(error: unknown): string {
  const { message, code, errors } = error as { message?: string; code?: string; errors?: unknown[] };
  const said = message || (errors ?? []).map(wordsOf).join(', ') || String(error);
  return code === undefined || said.includes(code) ? said : `${said} (${code})`;
}
