import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import { runAll, type SqlRunner, type Statement } from '../database/sql-runner.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { changesOf } from './event-row.js';

const ROWS = new RowSet({
  account: 'text',
  subject: 'text',
  sequence: 'bigint',
  id: 'uuid',
  types: 'text',
  time: 'timestamptz',
  facts: 'text',
  view: 'text',
  recipient: 'text',
});

/** Writes events in the transaction of what they tell. */
@Injectable()
export class Outbox {
  readonly #append: string;
  readonly #listeners = new Set<() => void>();

  constructor(database: Database) {
    this.#append = `
      insert into ${database.tables.changes}
        (account, subject, sequence, id, types, occurred_at, facts, view, recipient)
      select account, subject, sequence, id, string_to_array(types, ','), time, facts, view, recipient
      from ${ROWS.sql}`;
  }

  /** What appends events in their order. */
  appends(events: readonly EsmsEvent[]): Statement[] {
    return ROWS.statements(this.#append, changesOf(events));
  }

  /** Appends events in their order. Throws what the database throws; the transaction is the caller's. */
  async append(runner: SqlRunner, events: readonly EsmsEvent[]): Promise<void> {
    await runAll(runner, this.appends(events));
  }

  /** To be called after the commit: wakes those who read events. Nothing depends on it, polling is the truth. */
  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each commit that announced events; gives the way to stop it. */
  onAnnounced(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
