import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import type { SqlRunner } from '../database/sql-runner.js';
import type { EsmsEvent } from '../domain/domain-event.js';

const ENTRIES = new RowSet({
  account: 'text',
  sms_id: 'text',
  event_id: 'uuid',
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

  /** Posts price changes in the caller's transaction; an event that was posted already changes nothing. */
  async post(runner: SqlRunner, events: readonly EsmsEvent<'message.cost_changed'>[]): Promise<void> {
    const entries = events.map(({ id, account, subject, time, data: { message, delta, total, currency } }) => ({
      account,
      sms_id: subject,
      event_id: id,
      delta,
      total,
      currency,
      channel: message.channel,
      telco_id: message.telco?.id ?? null,
      occurred_at: time,
    }));
    await runner.query(
      `insert into ${this.database.tables.ledger}
         (account, sms_id, event_id, delta, total, currency, channel, telco_id, occurred_at)
       select account, sms_id, event_id, delta, total, currency, channel, telco_id, occurred_at
       from ${ENTRIES.sql}
       on conflict (account, sms_id, event_id) do nothing`,
      ENTRIES.parameters(entries),
    );
  }
}
