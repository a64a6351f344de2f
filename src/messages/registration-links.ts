import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { LinkedElsewhere, RegistrationLink } from './link-registrations.js';
import type { StoredRegistration } from './stored-message.js';

const LINKS = new RowSet({ account: 'text', id: 'uuid', smsId: 'text' });
const IDS = new RowSet({ account: 'text', id: 'uuid' });
const NAMES = new RowSet({ account: 'text', smsId: 'text' });

/** The statements by which callbacks link registrations. None of them waits. */
@Injectable()
export class RegistrationLinks {
  readonly #firstReports: string;
  readonly #hold: string;
  readonly #unlink: string;
  readonly #link: string;

  constructor({ tables: { messages, registrations } }: Database) {
    this.#firstReports = `
      select m.account, m.sms_id as "smsId", m.document->>'firstReportAt' as "firstReportAt"
      from ${messages} m join ${NAMES.sql} on m.account = given.account and m.sms_id = given."smsId"`;
    this.#hold = `
      select r.id from ${registrations} r join ${LINKS.sql} on r.account = given.account and r.id = given.id
        and r.linked_sms_id is not distinct from given."smsId"
      for update of r skip locked`;
    this.#unlink = `
      update ${registrations} r set linked_sms_id = null from ${IDS.sql}
      where r.account = given.account and r.id = given.id`;
    this.#link = `
      with free as (
        select r.account, r.id, given."smsId" from ${registrations} r
        join ${LINKS.sql} on r.account = given.account and r.id = given.id
          and (r.linked_sms_id is null or r.linked_sms_id = given."smsId")
        for update of r skip locked)
      update ${registrations} r set linked_sms_id = free."smsId", closed_at = null from free
      where r.account = free.account and r.id = free.id returning r.id`;
  }

  /** When these messages were received first; locks none. */
  async firstReports(
    runner: SqlRunner,
    messages: readonly { account: string; smsId: string }[],
  ): Promise<LinkedElsewhere[]> {
    return messages.length === 0 ? [] : rowsOf(runner, this.#firstReports, NAMES.parameters(messages));
  }

  /** Locks registrations that are linked as they are given and that nobody else holds; gives their ids. */
  async hold(runner: SqlRunner, registrations: readonly StoredRegistration[]): Promise<Set<string>> {
    const given = registrations.map(({ account, id, linkedSmsId }) => ({ account, id, smsId: linkedSmsId }));
    const rows = await rowsOf<{ id: string }>(runner, this.#hold, LINKS.parameters(given));
    return new Set(rows.map(({ id }) => id));
  }

  /** Takes their messages from registrations, which are held: two that change theirs would meet at the unique key. */
  async unlink(runner: SqlRunner, registrations: readonly StoredRegistration[]): Promise<void> {
    await runner.query(this.#unlink, IDS.parameters(registrations));
  }

  /** Links registrations; gives the ids of those that could be, since nobody else holds or linked them. */
  async link(runner: SqlRunner, links: readonly RegistrationLink[]): Promise<Set<string>> {
    if (links.length === 0) return new Set();
    const rows = await rowsOf<{ id: string }>(runner, this.#link, LINKS.parameters(links));
    return new Set(rows.map(({ id }) => id));
  }
}
