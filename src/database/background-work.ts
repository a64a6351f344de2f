import { Logger } from '@nestjs/common';
import { EsmsError } from '../domain/errors.js';
import { LastingCondition } from '../telemetry/lasting-condition.js';
import { isAway } from './is-away.js';
import { wordsOf } from './troubles.js';

/** Behind a pool that has too few connections, some work finds one and some does not: that is no end of it. */
const CALM_FOR_MS = 5_000;

/**
 * Tells of work in the background that fails and is tried again: one line when it begins to, or fails for another reason,
 * and one when it works again. A database that is away is one condition, however many loops meet it.
 */
export class BackgroundWork {
  readonly #logger = new Logger('EsmsWork');
  readonly #conditions = new Map<string, LastingCondition>();
  #isAway = false;
  #awayAt = 0;

  /** Runs it, and tells of it. Gives whether it went well; does not throw. */
  async attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      this.worked(what);
      return true;
    } catch (error) {
      this.failed(what, error);
      return false;
    }
  }

  /** @param what names the work for people, the same each time: `claims of billing` */
  failed(what: string, error: unknown): void {
    if (isAway(error) || (error instanceof EsmsError && error.code === 'database_away')) {
      this.#awayAt = performance.now();
      if (this.#isAway) return;
      this.#isAway = true;
      this.#logger.warn(`work in the background waits for the database: ${wordsOf(originOf(error))}`);
      return;
    }
    const condition = this.#conditions.get(what) ?? new LastingCondition();
    this.#conditions.set(what, condition);
    const words = wordsOf(error);
    if (condition.holds(words)) this.#logger.warn(`${what}: failed, tried again until it works: ${words}`);
  }

  /** The same has worked. */
  worked(what: string): void {
    if (this.#isAway && performance.now() - this.#awayAt > CALM_FOR_MS) {
      this.#isAway = false;
      this.#logger.log('work in the background goes on');
    }
    if (this.#conditions.get(what)?.ended() === true) this.#logger.log(`${what}: works again`);
  }
}

const originOf = (error: unknown): unknown => (error instanceof EsmsError ? (error.cause ?? error) : error);
