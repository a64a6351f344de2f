import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { PageRequest } from '../database/page.js';
import { rowsOf } from '../database/sql-runner.js';
import { type MessageView, viewRegistration } from '../domain/message-view.js';
import { REGISTRATION_SUBJECT } from '../domain/registration.js';
import { conditionsOf, type FilterColumns, type MessageFilter } from './message-filter.js';
import { REGISTRATION_COLUMNS, type RegistrationRow, registrationOf } from './registration-row.js';

/** A message, or a registration that waits for one, with its place in a list. */
export interface Listed {
  view: MessageView;
  created: string;
  /** Its SMSID; of a registration the subject of its events. */
  name: string;
}

const COLUMNS: FilterColumns = {
  account: 'r.account',
  requestId: 'r.request_id',
  ref: 'r.ref',
  recipient: 'r.recipient',
  state: `case when r.closed_at is null then 'pending' else 'reported' end`,
  outcome: `case when r.closed_at is not null then 'unknown' end`,
  channel: 'r.channel',
  created: 'r.registered_at',
  name: `('${REGISTRATION_SUBJECT}' || r.id) collate "C"`,
};

/** Reads registrations that no message was linked to yet. */
@Injectable()
export class WaitingRegistrations {
  constructor(private readonly database: Database) {}

  /** One more than fit on a page, newest first. */
  async page(filter: MessageFilter, { limit, after }: PageRequest): Promise<Listed[]> {
    const { sql, parameters } = conditionsOf(filter, after, COLUMNS);
    const rows = await rowsOf<RegistrationRow & { name: string }>(
      this.database,
      `select ${REGISTRATION_COLUMNS}, ${COLUMNS.name} as name from ${this.database.tables.registrations} r
       where r.linked_sms_id is null and ${sql}
       order by r.registered_at desc, ${COLUMNS.name} desc limit ${limit + 1}`,
      parameters,
    );
    return rows.map(({ name, ...row }) => {
      const registration = registrationOf(row);
      return { view: viewRegistration(registration), created: registration.registeredAt, name };
    });
  }
}
