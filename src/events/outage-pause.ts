import type { Logger } from '@nestjs/common';
import { forLog } from '../domain/hidden-text.js';
import { LastingCondition } from '../telemetry/lasting-condition.js';
import type { OutageError } from './outage.js';

const LONGEST_MS = 10_000;

/**
 * How long a subscriber gets nothing after an outage; each further one doubles the wait, up to ten seconds. The log says
 * that it begins, that its reason changes, and that it is over.
 */
export class OutagePause {
  readonly #condition = new LastingCondition();
  #failures = 0;
  #endsAt = 0;

  constructor(
    private readonly firstMs: number,
    private readonly logger: Logger,
  ) {}

  /** Whether the last call that ended told of an outage. */
  get isOutage(): boolean {
    return this.#failures > 0;
  }

  /** How long nothing is to be tried, in milliseconds. */
  get leftMs(): number {
    return Math.max(this.#endsAt - performance.now(), 0);
  }

  /** A call told of an outage; calls under way at the same time tell of the same one. */
  begin({ message, isTold }: Pick<OutageError, 'message' | 'isTold'>): void {
    if (!isTold && this.#condition.holds(message)) {
      this.logger.warn(`outage, trying again until it is over: ${forLog(message)}`);
    }
    if (this.leftMs > 0) return;
    const waitMs = Math.min(this.firstMs * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    this.#endsAt = performance.now() + waitMs * (0.5 + Math.random() / 2);
  }

  /** A call told of none. */
  end(): void {
    this.#failures = 0;
    this.#endsAt = 0;
    if (this.#condition.ended()) this.logger.log('the outage is over');
  }
}
