import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql } from '../database/sql-runner.js';
import type { Channel } from '../domain/channel.js';
import { type Recipient, recipientOf } from '../domain/recipient.js';
import { ContactEntryEntity } from './contact-entry.entity.js';
import { type ContactOutcome, type Reachability, reachabilityOf } from './reachability.js';

/** A person: where they can be reached, and what became of each of their messages, newest first. */
export interface Contact {
  /** A phone in its local form, or a Zalo user id. */
  id: string;
  kind: Recipient['kind'];
  reachability: Partial<Record<Channel, Reachability>>;
  history: ({ smsId: string } & Omit<ContactOutcome, 'failureClass'>)[];
}

type Row = ContactOutcome & { smsId: string; kind: Recipient['kind'] };

const LONGEST_HISTORY = 500;

/** Reads contacts. */
@Injectable()
export class ContactQueries {
  constructor(private readonly database: Database) {}

  /** The contact of a phone in any Vietnamese form, or of a Zalo user id; null where nothing is known of one. */
  async get(account: string, name: string): Promise<Contact | null> {
    const id = recipientOf(name).value;
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
    const [newest] = rows;
    if (newest === undefined) return null;
    const history = rows
      .slice(0, LONGEST_HISTORY)
      .map(({ smsId, channel, outcome, reason, at }) => ({ smsId, channel, outcome, reason, at }));
    return { id, kind: newest.kind, reachability: reachabilityOf(rows), history };
  }
}
