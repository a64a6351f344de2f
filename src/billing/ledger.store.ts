import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import type { SqlRunner } from '../database/sql-runner.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { entriesOf } from './entries-of.js';

const ENTRIES = new RowSet({
  account: 'text',
  sms_id: 'text',
  event_id: 'uuid',
  kind: 'text',
  delta: 'numeric',
  total: 'numeric',
  currency: 'text',
  channel: 'text',
  telco_id: 'text',
  occurred_at: 'timestamptz',
});

/** The one writer of the ledger. */
@Injectable()
export class LedgerStore {
  constructor(private readonly database: Database) {}

  /**
   * Posts price changes in the caller's transaction, all at one moment, so that no period parts a reversal from its
   * rebooking; an event that was posted already changes nothing.
   */
  async post(runner: SqlRunner, events: readonly EsmsEvent<'message.cost_changed'>[]): Promise<void> {
    const entries = events.flatMap(entriesOf);
    if (entries.length === 0) return;
    await runner.query(
      `insert into ${this.database.tables.ledger}
         (account, sms_id, event_id, kind, delta, total, currency, channel, telco_id, occurred_at, recorded_at)
       select account, sms_id, event_id, kind, delta, total, currency, channel, telco_id, occurred_at,
         (select clock_timestamp())
       from ${ENTRIES.sql}
       on conflict (account, sms_id, event_id, kind) do nothing`,
      ENTRIES.parameters(entries),
    );
  }
}
