import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import type { SqlRunner } from '../database/sql-runner.js';
import { attributedRecipient } from '../domain/attribution.js';
import type { EsmsEvent } from '../domain/domain-event.js';

const ENTRIES = new RowSet({
  account: 'text',
  sms_id: 'text',
  contact: 'text',
  kind: 'text',
  channel: 'text',
  outcome: 'text',
  reason: 'text',
  failure_class: 'text',
  occurred_at: 'timestamptz',
  sequence: 'bigint',
});
const UNATTRIBUTED = new RowSet({ account: 'text', sms_id: 'text', sequence: 'bigint' });

type Entry = Parameters<typeof ENTRIES.parameters>[0][number];

/** A status event that says what became of a message. */
export type OutcomeEvent = EsmsEvent<
  'message.delivered' | 'message.undelivered' | 'message.partially_delivered' | 'message.rejected' | 'message.unknown'
>;

/** The one writer of contact entries. */
@Injectable()
export class ContactStore {
  constructor(private readonly database: Database) {}

  /**
   * Writes what became of messages, in the caller's transaction. A message has one entry, so a correction replaces what
   * it corrects, a changed recipient moves it, and one that can be attributed to nobody any more takes it away. Of
   * several events of one message the last decides.
   */
  async record(runner: SqlRunner, events: readonly OutcomeEvent[]): Promise<void> {
    // A registration that waits for its message: nothing became of any message yet.
    const known = events.filter(({ data }) => data.message.smsId !== null);
    const latest = new Map(known.map((event) => [`${event.account} ${event.subject}`, event]));
    const rows = [...latest.values()].map(rowOf);
    await this.#remove(
      runner,
      rows.filter(({ contact }) => contact === null),
    );
    await this.#write(
      runner,
      rows.filter(({ contact }) => contact !== null),
    );
  }

  async #remove(runner: SqlRunner, rows: readonly Entry[]): Promise<void> {
    if (rows.length === 0) return;
    await runner.query(
      `delete from ${this.database.tables.contact_entries} e using ${UNATTRIBUTED.sql}
       where e.account = given.account and e.sms_id = given.sms_id and e.sequence < given.sequence`,
      UNATTRIBUTED.parameters(rows),
    );
  }

  async #write(runner: SqlRunner, rows: readonly Entry[]): Promise<void> {
    if (rows.length === 0) return;
    await runner.query(
      `insert into ${this.database.tables.contact_entries} as e
         (account, sms_id, contact, kind, channel, outcome, reason, failure_class, occurred_at, sequence)
       select account, sms_id, contact, kind, channel, outcome, reason, failure_class, occurred_at, sequence
       from ${ENTRIES.sql}
       on conflict (account, sms_id) do update
       set contact = excluded.contact, kind = excluded.kind, channel = excluded.channel, outcome = excluded.outcome,
         reason = excluded.reason, failure_class = excluded.failure_class, occurred_at = excluded.occurred_at,
         sequence = excluded.sequence
       where e.sequence < excluded.sequence`,
      ENTRIES.parameters(rows),
    );
  }
}

function rowOf({ account, subject, sequence, time, data: { message } }: OutcomeEvent): Entry {
  const person = attributedRecipient(message);
  return {
    account,
    sms_id: subject,
    contact: person?.value ?? null,
    kind: person?.kind ?? null,
    // Registered without one, and no callback came: silence is the outcome all the same.
    channel: message.channel ?? 'unrecognised',
    outcome: message.outcome,
    reason: message.error?.reason ?? null,
    failure_class: message.error?.failureClass ?? null,
    occurred_at: message.reportedAt ?? time,
    sequence,
  };
}
