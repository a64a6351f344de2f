import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { add, type Amount, ZERO } from '../domain/money.js';
import { hasGotAllSql } from '../events/delivery-keys.js';

/** How many messages one step compares: some ten milliseconds of the database's time. */
const BATCH = 2_000;
/** How long an account rests that was compared from its first message to its last. */
const REST = `interval '10 seconds'`;

/** Whether the ledger of an account is that of its messages. */
export interface LedgerCheckState {
  account: string;
  /** The sum of the ledger less the prices of the messages; `0.0000` where they agree. */
  difference: Amount;
  /** In how many messages they differ; 0 where they agree. */
  messages: number;
  /** One of these; null for none. */
  smsId: string | null;
  /** When all messages had last been compared; null before the first time. */
  checkedAt: Instant | null;
}

type Found = Pick<LedgerCheckState, 'difference' | 'messages' | 'smsId'>;

/** A round through the messages of an account: what it has found so far, and what was found by the one before. */
interface Round extends Found {
  account: string;
  after: string;
  known: Found;
}

const COLUMNS = `
  c.account, c.after_sms_id as after, c.difference::text, c.messages::int, c.sms_id as "smsId",
  json_build_object('difference', c.known_difference::text, 'messages', c.known_messages, 'smsId', c.known_sms_id) as known`;

/**
 * Compares the ledger with the prices of messages, round after round in the order of the SMSIDs, a few thousand at a
 * time: a row that is lost or changed long after it was posted is found as well. All processes share the rounds. A
 * message whose events billing has not all handled is left out, and one statement sees price, entries and deliveries
 * of one moment, so billing that is behind, paused or stopped is no difference.
 */
@Injectable()
export class LedgerCheck {
  constructor(private readonly database: Database) {}

  /** Has accounts checked from now on. */
  async begin(accounts: readonly string[]): Promise<void> {
    const { ledger_checks: checks } = this.database.tables;
    await this.database.query(
      `insert into ${checks} (account) select unnest($1::text[]) on conflict (account) do nothing`,
      [accounts],
    );
  }

  /** What is known of an account; null where it is not checked. */
  async state(account: string): Promise<LedgerCheckState | null> {
    const { ledger_checks: checks } = this.database.tables;
    const [row] = await rowsOf<LedgerCheckState>(
      this.database,
      `select account, known_difference::text as difference, known_messages::int as messages, known_sms_id as "smsId",
         ${instantSql('checked_at', '"checkedAt"')}
       from ${checks} where account = $1`,
      [account],
    );
    return row ?? null;
  }

  /**
   * The next few messages of the account whose turn it is. Gives what to say where that has changed what is known of it;
   * null for nothing new, `'idle'` where no account is due.
   */
  step(): Promise<({ account: string } & Found) | null | 'idle'> {
    return this.database.transaction(async (runner) => {
      const { ledger_checks: checks } = this.database.tables;
      const [round] = await rowsOf<Round>(
        runner,
        `select ${COLUMNS} from ${checks} c where c.due_at <= now() order by c.due_at limit 1 for update skip locked`,
      );
      if (round === undefined) return 'idle';
      const last = await this.#lastOf(runner, round);
      const found = sumOf(round, await this.#compare(runner, round, last));
      const isDone = last === null;
      // The first difference is told when it is seen; whether it has become another one, at the end of a round.
      const isNew = !isSame(found, round.known) && (isDone || round.known.messages === 0);
      await this.#save(runner, round.account, { after: last, found, known: isNew ? found : round.known });
      return isNew ? { account: round.account, ...found } : null;
    });
  }

  /** The last message of the next few; null where no more follow, so that what is posted for none is seen too. */
  async #lastOf(runner: SqlRunner, { account, after }: Round): Promise<string | null> {
    const [chunk] = await rowsOf<{ last: string | null }>(
      runner,
      `select case when count(*) = ${BATCH} then max(sms_id) end as last from (
         select sms_id from ${this.database.tables.messages}
         where account = $1 and sms_id > $2 order by sms_id limit ${BATCH}) chunk`,
      [account, after],
    );
    return chunk?.last ?? null;
  }

  async #compare(runner: SqlRunner, { account, after }: Round, last: string | null): Promise<Found> {
    const { messages, ledger } = this.database.tables;
    const isInside = `account = $1 and sms_id > $2 ${last === null ? '' : 'and sms_id <= $3'}`;
    const [found] = await rowsOf<Found>(
      runner,
      `with apart as (
         select sms_id, coalesce(l.posted, 0) - coalesce(m.price, 0) as difference
         from (select sms_id, price from ${messages} where ${isInside}) m
         full join (select sms_id, sum(delta) as posted from ${ledger} where ${isInside} group by sms_id) l using (sms_id)
         where l.posted is distinct from m.price)
       select coalesce(sum(difference), 0)::numeric(24,4)::text as difference, count(*)::int as messages,
         min(sms_id) as "smsId"
       from apart where ${hasGotAllSql(this.database.tables, `'billing'`, '$1', 'apart.sms_id')}`,
      [account, after, ...(last === null ? [] : [last])],
    );
    return found as Found;
  }

  async #save(
    runner: SqlRunner,
    account: string,
    { after, found, known }: { after: string | null; found: Found; known: Found },
  ): Promise<void> {
    const soFar = after === null ? { difference: ZERO, messages: 0, smsId: null } : found;
    await runner.query(
      `update ${this.database.tables.ledger_checks}
       set after_sms_id = coalesce($2, ''), difference = $3, messages = $4, sms_id = $5, known_difference = $6,
         known_messages = $7, known_sms_id = $8, checked_at = case when $2::text is null then now() else checked_at end,
         due_at = case when $2::text is null then now() + ${REST} else now() end
       where account = $1`,
      [account, after, soFar.difference, soFar.messages, soFar.smsId, known.difference, known.messages, known.smsId],
    );
  }
}

const sumOf = (a: Found, b: Found): Found => ({
  difference: add(a.difference, b.difference),
  messages: a.messages + b.messages,
  smsId: a.smsId ?? b.smsId,
});

const isSame = (a: Found, b: Found): boolean => a.difference === b.difference && a.messages === b.messages;
