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

/** Whether whoever brought a report still waits for it; one that nobody waits for is not begun any more, and rejected. */
export interface Patience {
  isOver: boolean;
}

interface Waiting {
  received: ReceivedReport;
  patience: Patience | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Transactions at once: while one waits for the database, the next is prepared. */
const WRITERS = 2;
/** A further one begins only where so many wait: small batches cost twice the processor time of large ones (measured). */
const WORTH_A_WRITER = 32;
const LARGEST_BATCH = 128;
const TRY_FOR_MS = 1_200;
const FIRST_WAIT_MS = 20;

/**
 * Takes reports and stores them, those in flight together: a lone one at once, and while the writers are busy the next
 * ones gather, so the batch grows with the load and with nothing else.
 */
@Injectable()
export class Intake {
  #queue: Waiting[] = [];
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
  accept(received: ReceivedReport, patience?: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ received, patience, resolve, reject });
      this.#beginWriter();
    });
  }

  #beginWriter(): void {
    if (this.#writers < WRITERS && this.#hasEnoughBeside(this.#writers)) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writers += 1;
    while (this.#hasEnoughBeside(this.#writers - 1)) {
      // A turn of the event loop first: callbacks that have arrived by then are stored together.
      await new Promise(setImmediate);
      const batch = this.#take();
      this.#beginWriter();
      await this.#store(batch);
    }
    this.#writers -= 1;
  }

  /** Whether enough wait for one more writer. */
  #hasEnoughBeside(writers: number): boolean {
    return this.#queue.length >= (writers === 0 ? 1 : WORTH_A_WRITER);
  }

  /**
   * All that wait, or of many a share: where one writer has nearly all and the next one a few, Node and PostgreSQL wait
   * for each other (some 5 % fewer callbacks, measured).
   */
  #take(): Waiting[] {
    const waiting = this.#queue.length;
    const share = waiting >= WRITERS * WORTH_A_WRITER ? Math.ceil(waiting / WRITERS) : waiting;
    const wanted = stillWanted(this.#queue.splice(0, Math.min(share, LARGEST_BATCH)));
    return wanted.length === 0 && this.#queue.length > 0 ? this.#take() : wanted;
  }

  /**
   * A batch with a report that cannot be stored is halved until that one stands alone, but for those that nobody waits
   * for by then: halving may take longer than anybody does.
   */
  async #store(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      await this.#commit(batch.map(({ received }) => received));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length > 1 && (isPermanent(error) || (await this.database.answers()))) {
        const half = Math.ceil(batch.length / 2);
        await this.#store(stillWanted(batch.slice(0, half)));
        await this.#store(stillWanted(batch.slice(half)));
        return;
      }
      const reason = isPermanent(error) ? new ReportUnstorable((error as Error).message, { cause: error }) : error;
      for (const { reject } of batch) reject(reason);
    }
  }

  /** Tries the whole transaction again on what passes: what a lost COMMIT stored already is then a copy. */
  async #commit(received: readonly ReceivedReport[]): Promise<void> {
    const end = performance.now() + TRY_FOR_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const events = await this.database.ingest((transaction) => this.store.apply(transaction, received));
        if (events > 0) this.outbox.announce();
        return;
      } catch (error) {
        const wait = Math.random() * FIRST_WAIT_MS * 2 ** attempt;
        if (isPermanent(error) || performance.now() + wait > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}

function stillWanted(batch: readonly Waiting[]): Waiting[] {
  for (const { patience, reject } of batch) if (patience?.isOver) reject(new Error('nobody waits for it any more'));
  return batch.filter(({ patience }) => !patience?.isOver);
}
