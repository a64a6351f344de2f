import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { Channel } from '../domain/channel.js';
import { type Recipient, recipientOf } from '../domain/recipient.js';
import type { Outcome } from '../domain/standing.js';
import { ContactEntryEntity } from './contact-entry.entity.js';
import { type ContactOutcome, type Reachability, reachabilityOf } from './reachability.js';

/** A person: where they can be reached, and what became of each of their messages, newest first. */
export interface Contact {
  /** A phone in its local form, or a Zalo user id. */
  id: string;
  kind: Recipient['kind'];
  reachability: Partial<Record<Channel, Reachability>>;
  history: ContactEntry[];
}

/** One message of a person, or what was registered and no callback has joined yet. */
export interface ContactEntry extends Pick<ContactOutcome, 'reason' | 'at'> {
  /** null for a registration that no callback has joined yet. */
  smsId: string | null;
  /** What such a registration is known by; absent from a message. */
  ref?: string | null;
  requestId?: string | null;
  channel: Channel | null;
  /** null while such a registration waits, `unknown` once silence closed it. */
  outcome: Outcome | null;
}

type Row = ContactOutcome & { smsId: string; kind: Recipient['kind'] };

const LONGEST_HISTORY = 500;

/** Reads contacts. */
@Injectable()
export class ContactQueries {
  constructor(private readonly database: Database) {}

  /** The contact of a phone in any Vietnamese form, or of a Zalo user id; null where nothing is known of one. */
  async get(account: string, name: string): Promise<Contact | null> {
    const { kind, value: id } = recipientOf(name);
    const rows = await this.database.transaction(({ manager }) =>
      manager
        .createQueryBuilder(ContactEntryEntity, 'e')
        .select([
          'e.sms_id as "smsId"',
          'e.kind as kind',
          'e.channel as channel',
          'e.outcome as outcome',
          'e.reason as reason',
          'e.failure_class as "failureClass"',
          instantSql('e.occurred_at', '"at"'),
        ])
        .where('e.account = :account and e.contact = :id', { account, id })
        .orderBy('e.occurred_at', 'DESC')
        .addOrderBy('e.sms_id')
        .getRawMany<Row>(),
    );
    const waiting = kind === 'other' ? [] : await this.#waiting(account, id);
    if (rows.length + waiting.length === 0) return null;
    const known = rows
      .slice(0, LONGEST_HISTORY)
      .map(({ smsId, channel, outcome, reason, at }) => ({ smsId, channel, outcome, reason, at }));
    const history = [...known, ...waiting].toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, LONGEST_HISTORY);
    return { id, kind: rows[0]?.kind ?? kind, reachability: reachabilityOf(rows), history };
  }

  /** Registrations that no callback has joined yet, from the view that everybody may read. */
  #waiting(account: string, id: string): Promise<ContactEntry[]> {
    return rowsOf(
      this.database,
      `select null as "smsId", m.ref, m.request_id as "requestId", m.channel, m.outcome, m.error_reason as reason,
         ${instantSql('coalesce(m.reported_at, m.created_at)', '"at"')}
       from ${this.database.views.v1_messages} m
       where m.account = $1 and m.sms_id is null and m.recipient_value = $2
       order by m.created_at desc limit ${LONGEST_HISTORY}`,
      [account, id],
    );
  }
}
