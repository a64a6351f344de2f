import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';

/** Tells whether reports can be written right now, by writing none. */
@Injectable()
export class WriteProbe {
  readonly #touch: string;
  #asking: Promise<boolean> | null = null;

  constructor(private readonly database: Database) {
    const { messages, receipts, changes, deliveries } = database.tables;
    const touches = [messages, receipts, changes, deliveries].map(
      (table, index) => `touch_${index} as (update ${table} set account = account where false)`,
    );
    // An id of a transaction, since a standby gives none.
    this.#touch = `with ${touches.join(', ')} select pg_current_xact_id()`;
  }

  /**
   * Whether the database answers, takes writes, and lets us write to the tables of reports: false where somebody locked
   * one of them as a whole, or where they are not there. However many want to know, it is asked once at a time.
   */
  canWrite(): Promise<boolean> {
    if (!this.database.isReady) return Promise.resolve(false);
    this.#asking ??= this.database
      .ingest((transaction) => transaction.query(this.#touch))
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }
}
