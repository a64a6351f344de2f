import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import { rowsOf, runAll, type SqlRunner, type Statement } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { positionOf, silentSince, timesOf } from '../domain/message-state.js';
import { channelOf } from '../domain/message-view.js';
import { documentOf, type MessageDocument, messageOf } from './message-document.js';
import type { StoredMessage } from './stored-message.js';

/** A message that was to be locked: locked, or held by another transaction, or (without either) one that is not there. */
interface TriedRow extends MessageRow {
  isBusy: boolean;
}

/** What became of messages that were to be locked without waiting; those in neither list are not there yet. */
export interface TriedMessages {
  locked: StoredMessage[];
  /** Another transaction holds them, or is making them. */
  busy: { account: string; smsId: string }[];
}

/** What a read of `messages m` gives; 64-bit numbers come as text. */
export interface MessageRow {
  account: string;
  smsId: string;
  version: string;
  sequence: string;
  document: MessageDocument;
}

/** The columns of a {@link MessageRow}. */
export const MESSAGE_COLUMNS = 'm.account, m.sms_id as "smsId", m.version, m.sequence, m.document';

/** The columns besides the document: the key, the counters, and what people filter and sort by. */
const COLUMNS = {
  account: 'text',
  sms_id: 'text',
  version: 'bigint',
  sequence: 'bigint',
  state: 'text',
  outcome: 'text',
  channel: 'text',
  price: 'numeric',
  recipient: 'text',
  request_id: 'text',
  registered: 'boolean',
  silent_since: 'timestamptz',
  created_at: 'timestamptz',
  document: 'json',
} as const;

type ColumnName = keyof typeof COLUMNS;

const ROWS = new RowSet(COLUMNS);
const NAMES = new RowSet({ account: 'text', smsId: 'text' });
const WANTED = new RowSet({ account: 'text', requestId: 'text', wanted: 'integer' });

/**
 * What whoever makes a message holds until its transaction ends. An insert waits for another one of the same key, and
 * nothing tells beforehand that it will: SKIP LOCKED sees rows, and this one is not there yet.
 */
const MAKING = `hashtextextended(given.account || chr(1) || given."smsId", 2)`;

/** The statements on `messages` that write; only the message store, the registrar and the closer call them. */
@Injectable()
export class MessageRecords {
  readonly #lock: string;
  readonly #tryLock: string;
  readonly #holdAbsent: string;
  readonly #lockSilent: string;
  readonly #requested: string;
  readonly #insert: string;
  readonly #update: string;

  constructor({ tables: { messages } }: Database) {
    this.#lock = `
      select ${MESSAGE_COLUMNS} from ${messages} m
      join ${NAMES.sql} on m.account = given.account and m.sms_id = given."smsId"
      order by m.account, m.sms_id
      for update of m`;
    this.#tryLock = `
      select given.account, given."smsId", held.version, held.sequence, held.document,
        case when held.version is not null then false
          when (select true from ${messages} s where s.account = given.account and s.sms_id = given."smsId") then true
          else not pg_try_advisory_xact_lock(${MAKING}) end as "isBusy"
      from ${NAMES.sql} left join lateral (
        select m.version, m.sequence, m.document from ${messages} m
        where m.account = given.account and m.sms_id = given."smsId"
        for update of m skip locked) held on true`;
    this.#holdAbsent = `select pg_advisory_xact_lock(${MAKING}) from ${NAMES.sql}`;
    this.#lockSilent = `
      select ${MESSAGE_COLUMNS} from ${messages} m where m.silent_since < $1
      order by m.silent_since limit $2 for update of m skip locked`;
    this.#requested = `
      select free."smsId" from ${WANTED.sql} cross join lateral (
        select m.sms_id as "smsId" from ${messages} m
        where m.account = given.account and m.request_id = given."requestId" and not m.registered
        order by m.created_at, m.sms_id limit given.wanted) free`;
    const names = Object.keys(COLUMNS);
    const written = names.filter((name) => !['account', 'sms_id'].includes(name));
    this.#insert = `
      insert into ${messages} (${names.join(', ')}) select ${names.join(', ')} from ${ROWS.sql} order by account, sms_id`;
    this.#update = `
      with saved as (
        update ${messages} m set ${written.map((name) => `${name} = given.${name}`).join(', ')}
        from ${ROWS.sql}
        where m.account = given.account and m.sms_id = given.sms_id and m.version = given.version - 1
        returning 1)
      select 1 / (count(*) = cardinality($1::text[]))::int from saved`;
  }

  /** Locks the messages that exist, in one fixed order for everybody. */
  async lock(runner: SqlRunner, messages: readonly { account: string; smsId: string }[]): Promise<StoredMessage[]> {
    return this.#stored(runner, this.#lock, NAMES.parameters(messages));
  }

  /** Locks what nobody else holds, and waits for nothing; what is not there yet, nobody else can make meanwhile. */
  async tryLock(runner: SqlRunner, messages: readonly { account: string; smsId: string }[]): Promise<TriedMessages> {
    const rows = await rowsOf<TriedRow>(runner, this.#tryLock, NAMES.parameters(messages));
    const locked = rows.filter(({ version }) => version !== null).map(storedOf);
    return { locked, busy: rows.filter(({ isBusy }) => isBusy) };
  }

  /** Waits for whoever makes these messages, which are not there; nobody else makes them until the transaction ends. */
  async holdAbsent(runner: SqlRunner, messages: readonly { account: string; smsId: string }[]): Promise<void> {
    await runner.query(this.#holdAbsent, NAMES.parameters(messages));
  }

  /** Locks up to `limit` messages that have been silent since before a time and that nobody else holds. */
  async lockSilent(runner: SqlRunner, before: Instant, limit: number): Promise<StoredMessage[]> {
    return this.#stored(runner, this.#lockSilent, [before, limit]);
  }

  /** The SMSIDs of the earliest-received messages that carry a RequestId and have no registration; locks none. */
  async requested(
    runner: SqlRunner,
    wanted: readonly { account: string; requestId: string; wanted: number }[],
  ): Promise<string[]> {
    if (wanted.length === 0) return [];
    const rows = await rowsOf<{ smsId: string }>(runner, this.#requested, WANTED.parameters(wanted));
    return rows.map(({ smsId }) => smsId);
  }

  /**
   * What writes messages, new or locked. It fails where a new one was made by somebody else meanwhile (23505), or a
   * locked one is not as it was (a division by zero, 22012): the transaction must be run again. (An upsert would wait
   * for the lock of whoever made it, and that one perhaps for a new message of ours: a deadlock, seen.)
   */
  writes(messages: readonly StoredMessage[]): Statement[] {
    const known = messages.filter(({ version }) => version > 0);
    const made = messages.filter(({ version }) => version === 0);
    return [...ROWS.statements(this.#update, known.map(rowOf)), ...ROWS.statements(this.#insert, made.map(rowOf))];
  }

  /** Writes them. */
  async save(runner: SqlRunner, messages: readonly StoredMessage[]): Promise<void> {
    await runAll(runner, this.writes(messages));
  }

  async #stored(runner: SqlRunner, sql: string, parameters: unknown[]): Promise<StoredMessage[]> {
    const rows = await rowsOf<MessageRow>(runner, sql, parameters);
    return rows.map(storedOf);
  }
}

const storedOf = ({ account, smsId, version, sequence, document }: MessageRow): StoredMessage => ({
  state: messageOf(account, smsId, document),
  version: Number(version),
  sequence: Number(sequence),
  registration: null,
});

/** What people filter by is worked out here, once. */
function rowOf({ state: message, version, sequence, registration }: StoredMessage): Record<ColumnName, unknown> {
  const { facts } = message;
  const { state, outcome } = positionOf(message);
  return {
    account: message.account,
    sms_id: message.smsId,
    version: version + 1,
    sequence,
    state,
    outcome,
    channel: channelOf(message, registration),
    price: facts.price?.value,
    recipient: facts.recipient?.value.value ?? registration?.recipient?.value,
    request_id: facts.requestId?.value ?? registration?.requestId,
    registered: message.registeredAt !== null,
    silent_since: silentSince(message),
    created_at: timesOf(message).createdAt,
    document: JSON.stringify(documentOf(message)),
  };
}
