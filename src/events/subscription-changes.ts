import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { HOSTED_FOR, SubscriberTable } from './subscriber-table.js';

/** How much later a lower position may have been written than a higher one: as long as a process is kept from running. */
const DISORDER = `interval '10 seconds'`;

/**
 * SQL for the position of the first change that may have been recorded since `$1`; no row where none was. By halves:
 * positions are handed out in the order of time, but for {@link DISORDER}, so ten million changes are 28 look-ups.
 */
const firstSql = (changes: string): string => `
  with recursive search (low, high, newest) as (
    select min(position), max(position) + 1, max(position) from ${changes}
    union all
    select case when is_before then at + 1 else low end, case when is_before then high else middle end, newest
    from search
    cross join lateral (select (low + high) / 2 as middle) half
    cross join lateral (
      select position as at, recorded_at < $1::timestamptz - ${DISORDER} as is_before
      from ${changes} where position >= middle order by position limit 1) probe
    where low < high
  )
  select (select min(position) from ${changes} where position >= low)::text as first
  from search where low = high and low <= newest`;

/** What people do to subscribers. Everything rejects with `subscriber_unknown` and `database_away`. */
@Injectable()
export class SubscriptionChanges {
  constructor(
    private readonly database: Database,
    private readonly table: SubscriberTable,
  ) {}

  /** One that reads the log loses its cursor's lease with it; of deliveries, what is in hand is finished. */
  async pause(name: string): Promise<void> {
    await this.#change(name, async (runner) => {
      const { subscribers } = this.database.tables;
      await runner.query(`update ${subscribers} set paused = true where name = $1`, [name]);
      await this.#revoke(runner, name);
    });
  }

  async resume(name: string): Promise<void> {
    const { subscribers } = this.database.tables;
    await this.#change(name, async (runner) => {
      await runner.query(`update ${subscribers} set paused = false where name = $1`, [name]);
    });
  }

  /**
   * The cursor of one that reads the log goes back; for another one, deliveries are made anew in the background, and it
   * gets from the fan-out what began before it and commits late.
   */
  async replay(name: string, since: Instant): Promise<void> {
    const { subscribers } = this.database.tables;
    await this.#change(name, async (runner) => {
      if (await this.#moveBack(runner, name, since)) return;
      await runner.query(
        `update ${subscribers} set replay_after = 0, replay_from = $2::timestamptz,
           starts_after = 0
         where name = $1`,
        [name, since],
      );
    });
  }

  /** Throws `subscriber_hosted` where a process said a moment ago that it hosts it, or holds its cursor. */
  async retire(name: string): Promise<void> {
    const { subscribers, subscriber_hosts: hosts, cursors } = this.database.tables;
    await this.#change(name, async (runner, account) => {
      if (account !== null) throw new EsmsError('subscriber_hosted', `${name} goes when its webhook is deleted`);
      // Whoever hosts it says so under the lock of its row: here that is seen, whenever it was said.
      const retired = await rowsOf(
        runner,
        `with retired as (
           update ${subscribers} s set retired_at = now(), patterns = '{}'
           where s.name = $1
             and not exists (select from ${hosts} h where h.subscriber = $1 and h.seen_at > now() - ${HOSTED_FOR})
             and not exists (select from ${cursors} c where c.subscriber = $1 and c.leased_until > now())
           returning s.name)
         select name from retired`,
        [name],
      );
      if (retired.length > 0) return;
      throw new EsmsError('subscriber_hosted', `subscriber ${name} is still hosted: take its handlers away first`);
    });
  }

  /** Throws `subscriber_unhosted` where no process says which events it has handlers for. */
  async narrow(name: string): Promise<void> {
    await this.#change(name, async (runner) => this.table.narrow(runner, name));
    await this.database.reached(() => this.table.dropUnwanted([name]));
  }

  /** Whether it reads the log. What is held back from there on comes again by the cursor, and only so. */
  async #moveBack(runner: SqlRunner, name: string, since: Instant): Promise<boolean> {
    const { cursors, deliveries, changes } = this.database.tables;
    const held = await rowsOf(runner, `select from ${cursors} where subscriber = $1 for update`, [name]);
    if (held.length === 0) return false;
    const [found] = await rowsOf<{ first: string }>(runner, firstSql(changes), [since]);
    if (found === undefined) return true;
    await runner.query(
      `update ${cursors}
       set position = least(position, $2::bigint - 1), gaps = gaps * int8multirange(int8range(1, $2::bigint)),
         lease = null, leased_until = null
       where subscriber = $1`,
      [name, found.first],
    );
    await runner.query(`delete from ${deliveries} where subscriber = $1 and position >= $2::bigint`, [
      name,
      found.first,
    ]);
    return true;
  }

  async #revoke(runner: SqlRunner, name: string): Promise<void> {
    const { cursors } = this.database.tables;
    await runner.query(`update ${cursors} set lease = null, leased_until = null where subscriber = $1`, [name]);
  }

  /** Under the lock of its row, and on one connection. */
  async #change(name: string, change: (runner: SqlRunner, account: string | null) => Promise<void>): Promise<void> {
    const { subscribers } = this.database.tables;
    const work = async (runner: SqlRunner): Promise<void> => {
      const [subscriber] = await rowsOf<{ account: string | null }>(
        runner,
        `select account from ${subscribers} where name = $1 and retired_at is null for update`,
        [name],
      );
      if (subscriber === undefined) throw new EsmsError('subscriber_unknown', `there is no subscriber ${name}`);
      await change(runner, subscriber.account);
    };
    await this.database.reached(() => this.database.transaction(work));
  }
}
