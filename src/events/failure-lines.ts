import type { Logger } from '@nestjs/common';
import { forLog } from '../domain/hidden-text.js';
import { CountedLine } from '../telemetry/counted-line.js';

/** So many in a minute are told each for itself; a handler that refuses everything parks without end. */
const PARKED_EACH = 20;

/** An event that a subscriber could not take. */
interface FailedEvent {
  readonly type: string;
  readonly id: string;
  readonly account: string;
  readonly subject: string;
}

/** Says which events a subscriber could not take. */
export class FailureLines {
  readonly #failed: CountedLine;
  readonly #parked: CountedLine;

  constructor(
    private readonly subscriber: string,
    logger: Logger,
  ) {
    this.#failed = new CountedLine((line) => logger.warn(line));
    this.#parked = new CountedLine((line) => logger.error(line), PARKED_EACH);
  }

  /** It is tried again. */
  failed({ type, id }: FailedEvent, attempts: number, maxAttempts: number, error: Error): void {
    this.#failed.note(`${type} ${id} failed, attempt ${attempts} of ${maxAttempts}: ${forLog(error.message)}`);
  }

  /** By its message: somebody has to see to it. */
  parked({ type, id, account, subject }: FailedEvent, attempts: number, error: Error): void {
    this.#parked.note(
      `parked for ${this.subscriber}: ${type} of ${subject} (account ${account}, event ${id}) ` +
        `after ${attempts} attempts; its later events wait until it is requeued or skipped: ${forLog(error.message)}`,
    );
  }
}
