import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { SqlRunner } from '../database/sql-runner.js';
import type { EsmsEvent } from '../domain/domain-event.js';

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
       from json_to_recordset($1::json) as given(
         account text, sms_id text, event_id uuid, delta numeric(18,4), total numeric(18,4), currency text,
         channel text, telco_id text, occurred_at timestamptz)
       on conflict (account, sms_id, event_id) do nothing`,
      [JSON.stringify(entries)],
    );
  }
}
