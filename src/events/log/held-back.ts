import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { RowSet } from '../../database/row-set.js';
import { rowsOf, type SqlRunner } from '../../database/sql-runner.js';
import { DispatchPool } from '../dispatch-pool.js';
import type { LogEntry } from './log-entry.js';

const MESSAGES = new RowSet({ account: 'text', subject: 'text' }, 2);

const ROWS = new RowSet({
  account: 'text',
  subject: 'text',
  subscriber: 'text',
  sequence: 'bigint',
  position: 'bigint',
  attempts: 'integer',
  wait_ms: 'integer',
  is_parked: 'boolean',
  error: 'text',
});

/** An event that its reader does not get now: it failed, or waits behind one of its message that did. */
export interface HeldBackEvent {
  entry: LogEntry;
  /** null: it was not tried. */
  failure: { error: string; waitMs: number; isParked: boolean } | null;
}

/** What a reader holds back: the messages of which it has something. */
export interface HeldMessages {
  /** Of those that were asked about, by {@link LogEntry.message}. */
  messages: Set<string>;
  /** Whether there are any at all. */
  areAny: boolean;
}

/** The deliveries that readers of the log make of what they cannot take now; from then on they are like all others. */
@Injectable()
export class HeldBack {
  readonly #find: string;
  readonly #add: string;

  constructor(
    { tables: { deliveries } }: Database,
    private readonly pool: DispatchPool,
  ) {
    // Each by its own index, and each message by a look-up of its own: there may be millions that are parked.
    this.#find = `
      select coalesce(json_agg(json_build_array(account, subject)) filter (where is_held), '[]') as messages,
        exists (select from ${deliveries} d where d.subscriber = $1 and d.settled_at is null and d.parked_at is null)
          or exists (select from ${deliveries} d where d.subscriber = $1 and d.parked_at is not null) as "areAny"
      from (
        select account, subject, coalesce((
          select true from ${deliveries} d
          where d.account = given.account and d.subject = given.subject and d.subscriber = $1 and d.settled_at is null
          limit 1), false) as is_held
        from ${MESSAGES.sql}) asked`;
    this.#add = `
      insert into ${deliveries} (account, subject, subscriber, sequence, position, attempts, due_at, parked_at, last_error)
      select account, subject, subscriber, sequence, position, attempts, now() + wait_ms * interval '1 millisecond',
        case when is_parked then now() end, error
      from ${ROWS.sql}
      on conflict (subscriber, position) do update
      set attempts = excluded.attempts, due_at = excluded.due_at, parked_at = excluded.parked_at,
        last_error = excluded.last_error, settled_at = null, lease = null, leased_until = null`;
  }

  /** Of which messages of these events a subscriber holds something back. */
  async find(subscriber: string, entries: readonly LogEntry[]): Promise<HeldMessages> {
    const messages = [...new Map(entries.map((entry) => [entry.message, entry])).values()];
    const parameters = [subscriber, ...MESSAGES.parameters(messages)];
    const [found] = await this.pool.transaction((runner) =>
      rowsOf<{ messages: [string, string][]; areAny: boolean }>(runner, this.#find, parameters),
    );
    return {
      messages: new Set(found?.messages.map(([account, subject]) => `${account} ${subject}`)),
      areAny: found?.areAny ?? false,
    };
  }

  /** Holds events back, in the transaction that moves the reader's cursor past them. */
  async add(runner: SqlRunner, subscriber: string, events: readonly HeldBackEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(({ entry: { account, subject, sequence, position }, failure }) => ({
      account,
      subject,
      subscriber,
      sequence,
      position,
      attempts: failure === null ? 0 : 1,
      wait_ms: failure?.waitMs ?? 0,
      is_parked: failure?.isParked ?? false,
      error: failure?.error ?? null,
    }));
    await runner.query(this.#add, ROWS.parameters(rows));
  }
}
