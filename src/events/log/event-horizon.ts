import { Injectable } from '@nestjs/common';
import { newestSql } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import { rowsOf } from '../../database/sql-runner.js';
import { writersFinished } from '../writers-finished.js';

/**
 * How far the outbox can be read without missing anything. Positions are handed out when events are written and seen
 * when they are committed, so a lower one may show up after a higher one. Up to the horizon none will any more: it is
 * the last position that had been seen when all writers of that moment were waited for. That costs the writers
 * nothing, neither a column nor a lock, and unlike the oldest transaction of the server it is held back by nobody who
 * writes something else.
 */
@Injectable()
export class EventHorizon {
  #position = 0n;
  #measuring: Promise<unknown> = Promise.resolve();
  #next: Promise<bigint> | null = null;

  constructor(private readonly database: Database) {}

  /** As far as it is known without asking the database. */
  get position(): bigint {
    return this.#position;
  }

  /**
   * Moves it past everything that is committed now. Whoever asks while it is being measured shares the next
   * measurement, since the one under way may have begun before what they are after was committed.
   */
  advance(): Promise<bigint> {
    this.#next ??= this.#measuring.then(() => {
      this.#next = null;
      const measured = this.#measure();
      this.#measuring = measured.catch(() => undefined);
      return measured;
    });
    return this.#next;
  }

  /**
   * In this order: who was given a lower position than the one that is seen, is among the writers after it, or has
   * ended. (The sequence would tell the same, but not a role that may only write to the table.)
   */
  async #measure(): Promise<bigint> {
    const [newest] = await rowsOf<{ last: string }>(
      this.database,
      `select ${newestSql(this.database.tables.changes)}::text as last`,
    );
    const last = BigInt(newest?.last ?? 0);
    // Lower where the database was restored to an earlier time under this process.
    if (last !== this.#position) {
      await this.database.reached(() => writersFinished(this.database, Infinity));
      this.#position = last;
    }
    return this.#position;
  }
}
