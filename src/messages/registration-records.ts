import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { REGISTRATION_COLUMNS, type RegistrationRow, registrationOf } from './registration-row.js';
import type { StoredRegistration } from './stored-message.js';

/** What of a registration finds it. */
export interface RegistrationNames {
  smsIds: readonly { account: string; smsId: string }[];
  requestIds: readonly { account: string; requestId: string }[];
  refs: readonly { account: string; ref: string }[];
}

const SMS_IDS = new RowSet({ account: 'text', smsId: 'text' });
const REQUESTS = new RowSet({ account: 'text', requestId: 'text' }, 3);
const REFS = new RowSet({ account: 'text', ref: 'text' }, 5);
const HELD_REQUESTS = new RowSet({ account: 'text', requestId: 'text' });
const HELD = new RowSet({ account: 'text', id: 'uuid' });
const SAVED = new RowSet({
  account: 'text',
  id: 'uuid',
  smsId: 'text',
  requestId: 'text',
  ref: 'text',
  channel: 'text',
  recipientKind: 'text',
  recipient: 'text',
  scheduledFor: 'timestamptz',
  metadata: 'json',
  registeredAt: 'timestamptz',
  changedAt: 'timestamptz',
  requestedAt: 'timestamptz',
  linkedSmsId: 'text',
});
const CLOSED = new RowSet({ account: 'text', id: 'uuid', closedAt: 'timestamptz', sequence: 'bigint' });
const LINKS = new RowSet({ account: 'text', id: 'uuid', smsId: 'text' });

const REQUEST_KEY = `hashtextextended(account || chr(1) || "requestId", 0)`;

/** The statements on `registrations`. */
@Injectable()
export class RegistrationRecords {
  readonly #find: string;
  readonly #findBySmsId: string;
  readonly #lockRequests: string;
  readonly #busyRequests: string;
  readonly #hold: string;
  readonly #read: string;
  readonly #save: string;
  readonly #lockSilent: string;
  readonly #saveClosed: string;
  readonly #link: string;

  constructor({ tables: { registrations } }: Database) {
    const found = (names: RowSet<string>, on: string) =>
      `select ${REGISTRATION_COLUMNS} from ${names.sql} join ${registrations} r on r.account = given.account and ${on}`;
    const bySmsId = [found(SMS_IDS, 'r.linked_sms_id = given."smsId"'), found(SMS_IDS, 'r.sms_id = given."smsId"')];
    const byOthers = [found(REQUESTS, 'r.request_id = given."requestId"'), found(REFS, 'r.ref = given.ref')];
    this.#findBySmsId = bySmsId.join(' union all ');
    this.#find = [...bySmsId, ...byOthers].join(' union all ');
    this.#lockRequests = `
      select pg_advisory_xact_lock(key) from (
        select distinct ${REQUEST_KEY} as key from ${HELD_REQUESTS.sql} order by key) as keys`;
    this.#busyRequests = `
      select account, "requestId" from ${HELD_REQUESTS.sql} where not pg_try_advisory_xact_lock(${REQUEST_KEY})`;
    this.#hold = `
      select pg_advisory_xact_lock(key) from (
        select distinct hashtextextended(account || ' ' || id, 1) as key from ${HELD.sql} order by key) as keys`;
    this.#read = `
      select ${REGISTRATION_COLUMNS} from ${HELD.sql}
      join ${registrations} r on r.account = given.account and r.id = given.id`;
    this.#save = `
      insert into ${registrations} as r
        (account, id, sms_id, request_id, ref, channel, recipient_kind, recipient, scheduled_for, metadata,
         registered_at, changed_at, requested_at, linked_sms_id)
      select account, id, "smsId", "requestId", ref, channel, "recipientKind", recipient, "scheduledFor", metadata::jsonb,
        "registeredAt", "changedAt", "requestedAt", "linkedSmsId"
      from ${SAVED.sql}
      on conflict (account, id) do update
      set sms_id = excluded.sms_id, request_id = excluded.request_id, ref = excluded.ref, channel = excluded.channel,
        recipient_kind = excluded.recipient_kind, recipient = excluded.recipient, scheduled_for = excluded.scheduled_for,
        metadata = excluded.metadata, changed_at = excluded.changed_at, requested_at = excluded.requested_at
      where r.linked_sms_id is not distinct from excluded.linked_sms_id
      returning r.id`;
    const silentSince = 'greatest(r.registered_at, r.scheduled_for)';
    this.#lockSilent = `
      select ${REGISTRATION_COLUMNS} from ${registrations} r
      where r.linked_sms_id is null and r.closed_at is null and ${silentSince} < $1
      order by ${silentSince} limit $2 for update of r skip locked`;
    this.#saveClosed = `
      update ${registrations} r set closed_at = given."closedAt", sequence = given.sequence from ${CLOSED.sql}
      where r.account = given.account and r.id = given.id`;
    this.#link = `
      update ${registrations} r set linked_sms_id = given."smsId", closed_at = null from ${LINKS.sql}
      where r.account = given.account and r.id = given.id
        and (r.linked_sms_id is null or r.linked_sms_id = given."smsId")
      returning r.id`;
  }

  /**
   * Holds everybody else who brings one of these RequestIds until the transaction ends: of a registration and a
   * callback that cross, the later one then sees the earlier one.
   */
  async lockRequests(runner: SqlRunner, requestIds: RegistrationNames['requestIds']): Promise<void> {
    if (requestIds.length > 0) await runner.query(this.#lockRequests, HELD_REQUESTS.parameters(requestIds));
  }

  /** The same without waiting: holds those that nobody else holds, and gives the others. */
  async busyRequests(
    runner: SqlRunner,
    requestIds: RegistrationNames['requestIds'],
  ): Promise<{ account: string; requestId: string }[]> {
    return requestIds.length === 0 ? [] : rowsOf(runner, this.#busyRequests, HELD_REQUESTS.parameters(requestIds));
  }

  /** The registrations that have one of these names, each once. */
  async find(runner: SqlRunner, { smsIds, requestIds, refs }: RegistrationNames): Promise<StoredRegistration[]> {
    const given = SMS_IDS.parameters(smsIds);
    const hasOthers = requestIds.length > 0 || refs.length > 0;
    if (smsIds.length === 0 && !hasOthers) return [];
    const rows = await (hasOthers
      ? rowsOf<RegistrationRow>(runner, this.#find, [
          ...given,
          ...REQUESTS.parameters(requestIds),
          ...REFS.parameters(refs),
        ])
      : rowsOf<RegistrationRow>(runner, this.#findBySmsId, given));
    return [...new Map(rows.map((row) => [row.id, registrationOf(row)])).values()];
  }

  /**
   * Holds everybody else who completes these registrations until the transaction ends, and reads them again: what another
   * one added meanwhile is then not overwritten. No row is locked, since callbacks lock those in another order.
   */
  async hold(runner: SqlRunner, registrations: readonly StoredRegistration[]): Promise<StoredRegistration[]> {
    if (registrations.length === 0) return [];
    await runner.query(this.#hold, HELD.parameters(registrations));
    const rows = await rowsOf<RegistrationRow>(runner, this.#read, HELD.parameters(registrations));
    if (rows.length !== registrations.length) throw new RegistrationRaced();
    return rows.map(registrationOf);
  }

  /**
   * Writes registrations, new or held, each with the link that it had. Throws {@link RegistrationRaced} where one was
   * linked meanwhile.
   */
  async save(runner: SqlRunner, registrations: readonly StoredRegistration[]): Promise<void> {
    if (registrations.length === 0) return;
    const rows = registrations.map(({ recipient, metadata, ...registration }) => ({
      ...registration,
      recipientKind: recipient?.kind,
      recipient: recipient?.value,
      metadata: metadata === null ? null : JSON.stringify(metadata),
    }));
    const saved = await rowsOf(runner, this.#save, SAVED.parameters(rows));
    if (saved.length !== registrations.length) throw new RegistrationRaced();
  }

  /** Locks up to `limit` registrations that have waited for a message since before a time and that nobody else holds. */
  async lockSilent(runner: SqlRunner, before: Instant, limit: number): Promise<StoredRegistration[]> {
    return (await rowsOf<RegistrationRow>(runner, this.#lockSilent, [before, limit])).map(registrationOf);
  }

  /** Writes that silence closed registrations, which are locked. */
  async saveClosed(runner: SqlRunner, closed: readonly StoredRegistration[]): Promise<void> {
    if (closed.length > 0) await runner.query(this.#saveClosed, CLOSED.parameters(closed));
  }

  /** Links registrations for good. Throws {@link RegistrationRaced} where one was linked elsewhere meanwhile. */
  async link(runner: SqlRunner, links: readonly { account: string; id: string; smsId: string }[]): Promise<void> {
    if (links.length === 0) return;
    const linked = await rowsOf(runner, this.#link, LINKS.parameters(links));
    if (linked.length !== links.length) throw new RegistrationRaced();
  }
}

/** Another transaction linked the registration between our look and our write: this one must be run again. */
export class RegistrationRaced extends Error {
  override readonly name = 'RegistrationRaced';

  constructor() {
    super('a registration was linked by another transaction meanwhile');
  }
}
