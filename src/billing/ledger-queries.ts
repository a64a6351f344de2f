import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { Database } from '../database/database.js';
import { type Page, type PageRequest, pageOf } from '../database/page.js';
import { instantSql } from '../database/sql-runner.js';
import type { Channel } from '../domain/channel.js';
import { type Instant, parseMoment } from '../domain/clock.js';
import type { Amount } from '../domain/money.js';
import { type Telco, telcoOf } from '../domain/telco.js';
import { LedgerEntryEntity } from './ledger-entry.entity.js';
import type { GROUPINGS } from './ledger.dto.js';

/** One entry as people see it, with the channel and telco of its time. */
export interface LedgerEntry {
  smsId: string;
  delta: Amount;
  /** The message's total after it. */
  total: Amount;
  currency: string;
  channel: Channel | null;
  telco: Telco | null;
  at: Instant;
  eventId: string;
}

/** A page of the ledger with the sum of the whole selection. */
export interface LedgerPage extends Page<LedgerEntry> {
  sum: Amount;
}

/** What was charged, in groups and in sum. */
export interface LedgerSummary {
  groups: LedgerGroup[];
  sum: Amount;
}

/** One group of a summary. */
export interface LedgerGroup {
  /** A channel, the id of a telco, or a day; null where it is not known. */
  key: string | null;
  /** How many messages. */
  messages: number;
  amount: Amount;
}

/** Which part of the ledger, and by what. */
interface SummarySelection {
  from?: string;
  to?: string;
  groupBy: (typeof GROUPINGS)[number];
}

type Row = Omit<LedgerEntry, 'telco'> & { telcoId: string | null; position: string };

const SUM = 'coalesce(sum(l.delta), 0)::numeric(24,4)::text';

const KEYS: Readonly<Record<(typeof GROUPINGS)[number], string>> = {
  channel: 'l.channel',
  telco: 'l.telco_id',
  day: "to_char(l.occurred_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')",
};

/** Reads the ledger. */
@Injectable()
export class LedgerQueries {
  constructor(private readonly database: Database) {}

  /** One page of an account's entries, or of one message's, oldest first. */
  page(account: string, smsId: string | undefined, request: PageRequest): Promise<LedgerPage> {
    return this.database.transaction(({ manager }) => pageIn(manager, account, smsId, request));
  }

  /** What an account was charged, in groups. */
  summary(account: string, selected: SummarySelection): Promise<LedgerSummary> {
    return this.database.transaction(({ manager }) => summaryIn(manager, account, selected));
  }
}

async function pageIn(
  manager: EntityManager,
  account: string,
  smsId: string | undefined,
  { limit, after }: PageRequest,
): Promise<LedgerPage> {
  const rows = await selectionOf(manager, account, smsId)
    .select([
      'l.sms_id as "smsId"',
      'l.delta::text as delta',
      'l.total::text as total',
      'l.currency as currency',
      'l.channel as channel',
      'l.telco_id as "telcoId"',
      instantSql('l.occurred_at', '"at"'),
      'l.event_id as "eventId"',
      'l.position::text as position',
    ])
    .andWhere('l.position > :position', { position: after?.[0] ?? '0' })
    .orderBy('l.position')
    .limit(limit + 1)
    .getRawMany<Row>();
  const { items, nextCursor } = pageOf(rows, limit, ({ position }) => [position]);
  return { items: items.map(entryOf), nextCursor, sum: await sumOf(selectionOf(manager, account, smsId)) };
}

async function summaryIn(
  manager: EntityManager,
  account: string,
  { from, to, groupBy }: SummarySelection,
): Promise<LedgerSummary> {
  const selection = (): SelectQueryBuilder<LedgerEntryEntity> => {
    const query = selectionOf(manager, account, undefined);
    if (from !== undefined) query.andWhere('l.occurred_at >= :from', { from: parseMoment(from) });
    if (to !== undefined) query.andWhere('l.occurred_at < :to', { to: parseMoment(to) });
    return query;
  };
  const groups = await selection()
    .select([`${KEYS[groupBy]} as key`, 'count(distinct l.sms_id)::int as messages', `${SUM} as amount`])
    .groupBy('1')
    .orderBy('1')
    .getRawMany<LedgerGroup>();
  return { groups, sum: await sumOf(selection()) };
}

function selectionOf(
  manager: EntityManager,
  account: string,
  smsId: string | undefined,
): SelectQueryBuilder<LedgerEntryEntity> {
  const query = manager.createQueryBuilder(LedgerEntryEntity, 'l').where('l.account = :account', { account });
  return smsId === undefined ? query : query.andWhere('l.sms_id = :smsId', { smsId });
}

async function sumOf(selection: SelectQueryBuilder<LedgerEntryEntity>): Promise<Amount> {
  const row = await selection.select(`${SUM} as sum`).getRawOne<{ sum: Amount }>();
  return row?.sum ?? '0.0000';
}

const entryOf = ({ telcoId, ...entry }: Row): LedgerEntry => ({
  smsId: entry.smsId,
  delta: entry.delta,
  total: entry.total,
  currency: entry.currency,
  channel: entry.channel,
  telco: telcoId === null ? null : telcoOf(telcoId),
  at: entry.at,
  eventId: entry.eventId,
});
