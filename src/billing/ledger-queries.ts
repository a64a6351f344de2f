import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { Database } from '../database/database.js';
import { cursorGone, type Page, type PageRequest, pageOf } from '../database/page.js';
import { recordedUntil } from '../database/recorded-until.js';
import { instantSql } from '../database/sql-runner.js';
import type { Channel } from '../domain/channel.js';
import { type Instant, parseMoment } from '../domain/clock.js';
import type { Amount } from '../domain/money.js';
import { type Telco, telcoOf } from '../domain/telco.js';
import { LedgerEntryEntity } from './ledger-entry.entity.js';
import type { EntryKind } from './entries-of.js';
import type { GROUPINGS, TIMES } from './ledger.dto.js';

/** One entry as people see it, with the channel and telco of its time. */
export interface LedgerEntry {
  smsId: string;
  /** A change of the price, or one half of its move to another channel or carrier. */
  kind: EntryKind;
  delta: Amount;
  /** The sum of the message's entries up to this one. */
  total: Amount;
  currency: string;
  channel: Channel | null;
  telco: Telco | null;
  /** When the report with this price came. */
  at: Instant;
  /** When it was posted. */
  recordedAt: Instant;
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
  /** How many messages; one that was moved elsewhere is counted there. */
  messages: number;
  amount: Amount;
}

type Row = Omit<LedgerEntry, 'telco'> & { telcoId: string | null; position: string };

const SUM = 'coalesce(sum(l.delta), 0)::numeric(24,4)::text';

/** Whether a message is still in a group: the last entry that it has there does not take it away. */
const STAYS = `coalesce(max(l.position) filter (where l.kind = 'reversal') < max(l.position), true)`;

/** The column of each time that a period may be of. */
const TIME_COLUMNS: Readonly<Record<(typeof TIMES)[number], string>> = {
  recorded: 'l.recorded_at',
  received: 'l.occurred_at',
};

const KEYS: Readonly<Record<(typeof GROUPINGS)[number], (time: string) => string>> = {
  channel: () => 'l.channel',
  telco: () => 'l.telco_id',
  day: (time) => `to_char(${time} at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')`,
};

/** Of which entries. */
interface Selection {
  account: string;
  smsId?: string | undefined;
  /** From this moment of {@link by}. */
  from?: string | undefined;
  /** To before this one. */
  to?: string | undefined;
  /** @default 'recorded' */
  by?: (typeof TIMES)[number] | undefined;
}

/**
 * Reads the ledger as far as nothing can be posted any more before what is read: a page never misses an entry that is
 * committed after later ones, and a sum is that of the entries shown.
 */
@Injectable()
export class LedgerQueries {
  constructor(private readonly database: Database) {}

  /**
   * One page of an account's entries, or of some of them, in the order in which they were posted. Rejects with
   * `cursor_gone` where the entry that the page before ended with is not there.
   */
  page(account: string, chosen: Omit<Selection, 'account'>, request: PageRequest): Promise<LedgerPage> {
    return this.#read({ account, ...chosen }, async (select, manager) => {
      if (request.after !== null && !(await isThere(manager, account, request.after))) throw cursorGone();
      return pageOfEntries(select, request);
    });
  }

  /** What an account was charged, in groups. */
  summary(
    account: string,
    { groupBy, ...period }: Omit<Selection, 'account'> & { groupBy: (typeof GROUPINGS)[number] },
  ): Promise<LedgerSummary> {
    return this.#read({ account, ...period }, (select, manager) =>
      summaryOf(select, manager, { groupBy, key: KEYS[groupBy](timeOf(period)) }),
    );
  }

  /** `select` selects the same entries each time. */
  async #read<Answer>(
    selection: Selection,
    answer: (select: Select, manager: EntityManager) => Promise<Answer>,
  ): Promise<Answer> {
    const until = await recordedUntil(this.database, this.database.tables.ledger);
    return this.database.transaction(({ manager }) => answer(() => selected(manager, selection, until), manager));
  }
}

type Select = () => SelectQueryBuilder<LedgerEntryEntity>;

function selected(
  manager: EntityManager,
  { account, smsId, from, to, by }: Selection,
  until: Instant,
): SelectQueryBuilder<LedgerEntryEntity> {
  const time = timeOf({ by });
  const query = manager
    .createQueryBuilder(LedgerEntryEntity, 'l')
    .where('l.account = :account and l.recorded_at < :until', { account, until });
  if (smsId !== undefined) query.andWhere('l.sms_id = :smsId', { smsId });
  if (from !== undefined) query.andWhere(`${time} >= :from`, { from: parseMoment(from) });
  if (to !== undefined) query.andWhere(`${time} < :to`, { to: parseMoment(to) });
  return query;
}

const isThere = (
  manager: EntityManager,
  account: string,
  [recordedAt, position]: readonly string[],
): Promise<boolean> =>
  manager
    .createQueryBuilder(LedgerEntryEntity, 'l')
    .where('l.account = :account and l.recorded_at = cast(:recordedAt as timestamptz)', { account, recordedAt })
    .andWhere('l.position = cast(:position as bigint)', { position })
    .getExists();

async function pageOfEntries(select: Select, { limit, after }: PageRequest): Promise<LedgerPage> {
  const query = select().select([
    'l.sms_id as "smsId"',
    'l.kind as kind',
    'l.delta::text as delta',
    'l.total::text as total',
    'l.currency as currency',
    'l.channel as channel',
    'l.telco_id as "telcoId"',
    instantSql('l.occurred_at', '"at"'),
    instantSql('l.recorded_at', '"recordedAt"'),
    'l.event_id as "eventId"',
    'l.position::text as position',
  ]);
  if (after !== null) {
    const place = '(cast(:time as timestamptz), cast(:position as bigint))';
    query.andWhere(`(l.recorded_at, l.position) > ${place}`, { time: after[0], position: after[1] });
  }
  const rows = await query
    .orderBy('l.recorded_at')
    .addOrderBy('l.position')
    .limit(limit + 1)
    .getRawMany<Row>();
  const { items, nextCursor } = pageOf(rows, limit, ({ recordedAt, position }) => [recordedAt, position]);
  return { items: items.map(entryOf), nextCursor, sum: await sumOf(select()) };
}

async function summaryOf(
  select: Select,
  manager: EntityManager,
  { groupBy, key }: { groupBy: (typeof GROUPINGS)[number]; key: string },
): Promise<LedgerSummary> {
  const messages = select()
    .select([`${key} as key`, 'sum(l.delta) as delta', `${STAYS} as stays`])
    .groupBy('1, l.sms_id');
  // The two halves of a move are of one moment: on its day nothing was charged.
  if (groupBy === 'day') messages.andWhere(`l.kind = 'price'`);
  const groups = await manager
    .createQueryBuilder()
    .select(['l.key as key', 'count(*) filter (where l.stays)::int as messages', `${SUM} as amount`])
    .from(`(${messages.getQuery()})`, 'l')
    .setParameters(messages.getParameters())
    .groupBy('l.key')
    .having('bool_or(l.stays) or sum(l.delta) <> 0')
    .orderBy('l.key')
    .getRawMany<LedgerGroup>();
  return { groups, sum: await sumOf(select()) };
}

const timeOf = ({ by = 'recorded' }: Pick<Selection, 'by'>): string => TIME_COLUMNS[by];

async function sumOf(selection: SelectQueryBuilder<LedgerEntryEntity>): Promise<Amount> {
  const row = await selection.select(`${SUM} as sum`).getRawOne<{ sum: Amount }>();
  return row?.sum ?? '0.0000';
}

const entryOf = ({ telcoId, position: _position, ...entry }: Row): LedgerEntry => ({
  ...entry,
  telco: telcoId === null ? null : telcoOf(telcoId),
});
