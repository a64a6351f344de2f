import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { messageOf, type MessageRow, rowOf } from './message-row.js';
import type { StoredMessage } from './stored-message.js';

const INSTANTS = [
  'first_report_at',
  'last_report_at',
  'first_sent_at',
  'first_final_at',
  'furthest_since',
  'closed_at',
  'registered_at',
  'registration_changed_at',
  'scheduled_for',
];

const COLUMNS: Readonly<Record<string, string>> = {
  account: 'text',
  sms_id: 'text',
  version: 'bigint',
  sequence: 'bigint',
  state: 'text',
  outcome: 'text',
  succeeded: 'bigint',
  failed: 'bigint',
  error_code: 'text',
  error_message: 'text',
  error_reason: 'text',
  error_class: 'text',
  channel: 'text',
  type_id: 'text',
  price: 'numeric(18,4)',
  receivers: 'bigint',
  sent: 'bigint',
  telco_id: 'text',
  recipient_kind: 'text',
  recipient: 'text',
  request_id: 'text',
  oa_id: 'text',
  template_id: 'text',
  partner_id: 'text',
  switch_sms_id: 'text',
  proof: 'text',
  origins: 'jsonb',
  contradicted: 'boolean',
  polled_final: 'boolean',
  anomalies: 'text[]',
  reports: 'integer',
  ...Object.fromEntries(INSTANTS.map((name) => [name, 'timestamptz'])),
  furthest_level: 'text',
  silent_since: 'timestamptz',
  created_at: 'timestamptz',
  sent_at: 'timestamptz',
  reported_at: 'timestamptz',
  updated_at: 'timestamptz',
};

const WORKED_OUT = ['state', 'silent_since', 'created_at', 'sent_at', 'reported_at', 'updated_at'];

/** The columns that {@link messageOf} reads, times as Instants. */
export const MESSAGE_COLUMNS = Object.keys(COLUMNS)
  .filter((name) => !WORKED_OUT.includes(name))
  .map((name) => (INSTANTS.includes(name) ? instantSql(`m.${name}`) : `m.${name}`))
  .join(', ');

/** The statements on `messages` that write; only the message store and the registrar call them. */
@Injectable()
export class MessageRecords {
  readonly #lock: string;
  readonly #lockSilent: string;
  readonly #lockRequested: string;
  readonly #save: string;

  constructor({ tables: { messages } }: Database) {
    this.#lock = `
      select ${MESSAGE_COLUMNS} from ${messages} m
      join json_to_recordset($1::json) as given(account text, "smsId" text)
        on m.account = given.account and m.sms_id = given."smsId"
      order by m.account, m.sms_id
      for update of m`;
    this.#lockSilent = `
      select ${MESSAGE_COLUMNS} from ${messages} m where m.silent_since < $1
      order by m.silent_since limit $2 for update of m skip locked`;
    this.#lockRequested = `
      select ${MESSAGE_COLUMNS} from ${messages} m
      where m.account = $1 and m.request_id = $2 and m.registered_at is null
      order by m.first_report_at limit 1 for update of m`;
    const names = Object.keys(COLUMNS);
    const written = names.filter((name) => !['account', 'sms_id'].includes(name));
    this.#save = `
      with saved as (
        insert into ${messages} as m (${names.join(', ')})
        select ${names.join(', ')} from json_to_recordset($1::json) as given(
          ${names.map((name) => `${name} ${COLUMNS[name]}`).join(', ')})
        order by account, sms_id
        on conflict (account, sms_id) do update
        set ${written.map((name) => `${name} = excluded.${name}`).join(', ')}
        where m.version = excluded.version - 1
        returning m.sms_id)
      select count(*)::int as count from saved`;
  }

  /** Locks the messages that exist, in one fixed order for everybody. */
  async lock(runner: SqlRunner, messages: readonly { account: string; smsId: string }[]): Promise<StoredMessage[]> {
    return this.#stored(runner, this.#lock, [JSON.stringify(messages)]);
  }

  /** Locks up to `limit` messages that have been silent since before a time and that nobody else holds. */
  async lockSilent(runner: SqlRunner, before: Instant, limit: number): Promise<StoredMessage[]> {
    return this.#stored(runner, this.#lockSilent, [before, limit]);
  }

  /** Locks the earliest-received message that carries a RequestId and has no registration; null where there is none. */
  async lockRequested(runner: SqlRunner, account: string, requestId: string): Promise<StoredMessage | null> {
    const [message] = await this.#stored(runner, this.#lockRequested, [account, requestId]);
    return message ?? null;
  }

  /**
   * Writes messages, new or locked. Throws {@link MessagesRaced} where a new one was made by somebody else meanwhile:
   * the transaction must be run again.
   */
  async save(runner: SqlRunner, messages: readonly StoredMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const rows = messages.map(({ state, version, sequence }) => rowOf(state, version + 1, sequence));
    const [saved] = await rowsOf<{ count: number }>(runner, this.#save, [JSON.stringify(rows)]);
    if (saved?.count !== messages.length) throw new MessagesRaced();
  }

  async #stored(runner: SqlRunner, sql: string, parameters: unknown[]): Promise<StoredMessage[]> {
    const rows = await rowsOf<MessageRow>(runner, sql, parameters);
    return rows.map((row) => ({
      state: messageOf(row),
      version: Number(row.version),
      sequence: Number(row.sequence),
      registration: null,
    }));
  }
}

/** Another transaction made one of the messages between our look and our write. */
export class MessagesRaced extends Error {
  override readonly name = 'MessagesRaced';

  constructor() {
    super('a message was made by another transaction meanwhile');
  }
}
