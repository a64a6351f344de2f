import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { changeAtSql, newestSql, typeAtSql } from '../database/change-sql.js';
import { Database } from '../database/database.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { Tables } from '../database/tables.js';
import { EsmsError } from '../domain/errors.js';
import { FAN_OUT, FanOut, holdFanOutSql } from './log/fan-out.js';
import { patternsSql, type Subscriber } from './subscriber.js';
import { SubscriberRetirement } from './subscriber-retirement.js';

/** How long what a process said of itself is kept. */
const HOSTS_LAST = `interval '5 minutes'`;

/** How long a process that said nothing since still counts as a host, as an interval of PostgreSQL. */
export const HOSTED_FOR = `interval '30 seconds'`;

/** SQL that gives the subscribers in `$1` a cursor at the beginning, where they have none. */
const beginSql = ({ cursors }: Tables): string =>
  `insert into ${cursors} (subscriber, position) select unnest($1::text[]), 0 on conflict do nothing`;

/**
 * The table of subscribers: deliveries are made from it, so a process that only receives needs to know no handler. The
 * patterns of a subscriber are those of every process that ever hosted it, since one that is stopped for a while, or a
 * version that runs beside another, must miss nothing: they widen by themselves, and narrow only when somebody says so.
 */
@Injectable()
export class SubscriberTable {
  /** This process among the hosts. */
  readonly #host = randomUUID();

  constructor(
    private readonly database: Database,
    private readonly retirement: SubscriberRetirement,
    private readonly fanOut: FanOut,
  ) {}

  /**
   * Writes down the subscribers of this process, and where each begins that is new: those that read the log at the
   * beginning, the others with the events from now on or with a replay of them all.
   */
  async enrol(subscribers: readonly Subscriber[]): Promise<void> {
    await this.database.work.query(beginSql(this.database.tables), [[FAN_OUT]]);
    await this.attend(subscribers);
  }

  /** Says that this process still hosts its subscribers. Those that were retired begin anew. */
  async attend(subscribers: readonly Subscriber[]): Promise<void> {
    if (subscribers.length === 0) return;
    await this.#say(subscribers);
    const attend = (): Promise<string[]> =>
      this.database.work.transaction((runner) => this.#attend(runner, subscribers));
    for (let retired = await attend(); retired.length > 0; retired = await attend()) {
      for (const name of retired) await this.retirement.finish(name);
    }
  }

  /**
   * Takes from a subscriber the patterns of which no process that runs has a handler. Throws `subscriber_unhosted` where
   * none runs: then nobody can tell.
   */
  async narrow(runner: SqlRunner, name: string): Promise<void> {
    const { subscribers, subscriber_hosts: hosts } = this.database.tables;
    const [narrowed] = await rowsOf<{ name: string }>(
      runner,
      `with wanted as (
         select array_agg(distinct pattern order by pattern) as patterns
         from ${hosts} h, unnest(h.patterns) pattern
         where h.subscriber = $1 and h.seen_at > now() - ${HOSTED_FOR}
       ), narrowed as (
         update ${subscribers} s set patterns = wanted.patterns from wanted
         where s.name = $1 and s.retired_at is null and s.account is null and wanted.patterns is not null
         returning s.name)
       select name from narrowed`,
      [name],
    );
    if (narrowed === undefined) throw new EsmsError('subscriber_unhosted', `no process that runs hosts ${name}`);
  }

  /** Ends the deliveries that no pattern lets through any more: they would hold up the rest of their message for ever. */
  async dropUnwanted(names: readonly string[]): Promise<void> {
    await this.fanOut.settled();
    const { subscribers, deliveries, changes } = this.database.tables;
    // Each by its own index: without one that fits, all deliveries there ever were would be read.
    for (const those of ['d.settled_at is null and d.parked_at is null', 'd.parked_at is not null']) {
      await this.database.work.query(
        `update ${deliveries} d
         set settled_at = now(), parked_at = null, lease = null, leased_until = null,
           last_error = 'no handler takes it any more'
         from ${subscribers} s, ${changes} c
         where s.name = any($1) and d.subscriber = s.name and ${those} and s.retired_at is null
           and c.position = ${changeAtSql('d.position')}
           and not s.patterns && ${patternsSql(typeAtSql('c', 'd.position'))}`,
        [names],
      );
    }
  }

  /** Says that this process hosts subscribers whose patterns do not come from their hosts. */
  async host(names: readonly string[]): Promise<void> {
    const { subscriber_hosts: hosts } = this.database.tables;
    const { work } = this.database;
    await work.query(
      `insert into ${hosts} (subscriber, host, patterns) select name, $2, '{}' from unnest($1::text[]) name
       on conflict (subscriber, host) do update set seen_at = now()`,
      [names, this.#host],
    );
    await this.#forgetOld(work, names);
  }

  /** Says that this process does not host these any more. */
  async leave(names: readonly string[]): Promise<void> {
    const { subscriber_hosts: hosts } = this.database.tables;
    const parameters = [this.#host, names];
    await this.database.work.query(`delete from ${hosts} where host = $1 and subscriber = any($2)`, parameters);
  }

  /** By itself, of its own rows: those of the subscribers may be held by work that waits for somebody's transaction. */
  async #say(subscribers: readonly Subscriber[]): Promise<void> {
    await this.database.work.query(
      `update ${this.database.tables.subscriber_hosts} set seen_at = now() where host = $1 and subscriber = any($2)`,
      [this.#host, subscribers.map(({ name }) => name)],
    );
  }

  /**
   * The rows are locked first, so that all hosts write one after the other, and a new subscriber shows at once with its
   * patterns, with its cursor, or with the replay that it begins with. Returns those that are still to be removed;
   * nothing is written then.
   */
  async #attend(runner: SqlRunner, subscribers: readonly Subscriber[]): Promise<string[]> {
    const { tables } = this.database;
    const { subscribers: table, subscriber_hosts: hosts, changes } = tables;
    const names = subscribers.map(({ name }) => name).toSorted();
    const lock = `select name, retired_at is not null as retired from ${table} where name = any($1) order by name for update`;
    const known = await rowsOf<{ name: string; retired: boolean }>(runner, lock, [names]);
    const retired = known.filter((each) => each.retired).map(({ name }) => name);
    if (retired.length > 0) return retired;
    if (known.length < names.length) await runner.query(holdFanOutSql(tables));
    for (const { name, from, reads } of subscribers) {
      const isFromNow = from === 'now';
      await runner.query(
        `insert into ${table} (name, patterns, replay_after, starts_after)
         values ($1, '{}', $2, case when $3 then ${newestSql(changes)} else 0 end) on conflict (name) do nothing`,
        [name, isFromNow || reads ? null : 0, isFromNow],
      );
    }
    await runner.query(lock, [names]);
    const reading = subscribers.filter(({ reads }) => reads).map(({ name }) => name);
    await runner.query(beginSql(tables), [reading]);
    for (const { name, handlers } of subscribers) {
      await runner.query(
        `insert into ${hosts} (subscriber, host, patterns) values ($1, $2, $3)
         on conflict (subscriber, host) do update set seen_at = now(), patterns = excluded.patterns`,
        [name, this.#host, handlers.flatMap(({ patterns }) => patterns)],
      );
    }
    await this.#forgetOld(runner, names);
    await runner.query(
      `update ${table} s set patterns = wider.patterns
       from (
         select known.name, array_agg(distinct pattern order by pattern) as patterns
         from ${table} known join ${hosts} h on h.subscriber = known.name, unnest(known.patterns || h.patterns) pattern
         where known.name = any($1) group by known.name
       ) wider
       where s.name = wider.name and s.patterns <> wider.patterns and s.retired_at is null`,
      [names],
    );
    return [];
  }

  async #forgetOld(runner: SqlRunner, names: readonly string[]): Promise<void> {
    const { subscriber_hosts: hosts } = this.database.tables;
    await runner.query(`delete from ${hosts} where subscriber = any($1) and seen_at < now() - ${HOSTS_LAST}`, [names]);
  }
}
