import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isPermanent } from '../database/is-permanent.js';
import { Outbox } from '../events/outbox.js';
import { MessageStore } from './message-store.js';
import type { ReceivedReport } from './received-report.js';

/** No report can be kept under its message: trying again cannot help. */
export class ReportUnstorable extends Error {
  override readonly name = 'ReportUnstorable';
}

interface Waiting {
  received: ReceivedReport;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Transactions at once; the database's own group commit does the rest. */
const WRITERS = 2;
const LARGEST_BATCH = 128;
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 20;

/**
 * Takes reports and stores them, those in flight together: a lone one at once, and while the writers are busy the next
 * ones gather, so the batch grows with the load and with nothing else.
 */
@Injectable()
export class Intake {
  readonly #queue: Waiting[] = [];
  #writers = 0;

  constructor(
    private readonly database: Database,
    private readonly store: MessageStore,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Ends when the report is committed. Rejects with {@link ReportUnstorable} where it never can be, with the database's
   * error where it could not be now.
   */
  accept(received: ReceivedReport): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ received, resolve, reject });
      if (this.#writers < WRITERS) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writers += 1;
    // A turn of the event loop first: callbacks that arrived in the same one are stored together.
    await new Promise(setImmediate);
    while (this.#queue.length > 0) await this.#store(this.#queue.splice(0, LARGEST_BATCH));
    this.#writers -= 1;
  }

  /** A batch with a report that can never be stored is halved until that one stands alone. */
  async #store(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#commit(batch.map(({ received }) => received));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (!isPermanent(error)) {
        for (const { reject } of batch) reject(error);
      } else if (batch.length === 1) {
        batch[0]?.reject(new ReportUnstorable((error as Error).message, { cause: error }));
      } else {
        const half = Math.ceil(batch.length / 2);
        await this.#store(batch.slice(0, half));
        await this.#store(batch.slice(half));
      }
    }
  }

  /** Tries the whole transaction again on what passes: what a lost COMMIT stored already is then a copy. */
  async #commit(received: readonly ReceivedReport[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const events = await this.database.ingest((runner) => this.store.apply(runner, received));
        if (events > 0) this.outbox.announce();
        return;
      } catch (error) {
        if (isPermanent(error) || attempt === ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * FIRST_WAIT_MS * 2 ** attempt));
      }
    }
  }
}
