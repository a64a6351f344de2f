import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { patternsSql, type Subscriber } from './subscriber.js';
import { SubscriberRetirement } from './subscriber-retirement.js';
import { writersFinished } from './writers-finished.js';

/**
 * How long the patterns of a process that says nothing any more still count. Long, since what they let through while
 * the process was only slow would be missed.
 */
const PATTERNS_LAST = `interval '5 minutes'`;

/**
 * The table of subscribers: deliveries are made from it, so a process that only receives needs to know no handler. The
 * patterns of a subscriber are those of all processes that host it, since two versions of an application may run side
 * by side.
 */
@Injectable()
export class SubscriberTable {
  /** This process among the hosts. */
  readonly #host = randomUUID();

  constructor(
    private readonly database: Database,
    private readonly retirement: SubscriberRetirement,
  ) {}

  /** Writes down the subscribers of this process. A new one gets the events from now on, or is to be replayed them all. */
  async enrol(subscribers: readonly Subscriber[]): Promise<void> {
    for (const { name } of subscribers) await this.retirement.finish(name);
    await this.attend(subscribers);
  }

  /** Says that this process still hosts its subscribers. Gives the names of those that want less than before. */
  async attend(subscribers: readonly Subscriber[]): Promise<string[]> {
    if (subscribers.length === 0) return [];
    return this.database.work.transaction((runner) => this.#attend(runner, subscribers));
  }

  /** Ends the deliveries that no process takes any more: they would hold up the rest of their message for ever. */
  async dropUnwanted(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await writersFinished(this.database);
    const { subscribers, deliveries, events } = this.database.tables;
    // Each by its own index: without one that fits, all deliveries there ever were would be read.
    for (const those of ['d.settled_at is null and d.parked_at is null', 'd.parked_at is not null']) {
      await this.database.work.query(
        `update ${deliveries} d
         set settled_at = now(), parked_at = null, lease = null, leased_until = null,
           last_error = 'no handler takes it any more'
         from ${subscribers} s, ${events} e
         where s.name = any($1) and d.subscriber = s.name and ${those} and s.retired_at is null
           and e.position = d.position
           and not s.patterns && ${patternsSql('e.type')}`,
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
    await work.query(`delete from ${hosts} where subscriber = any($1) and seen_at < now() - ${PATTERNS_LAST}`, [names]);
  }

  /** Says that this process does not host these any more. */
  async leave(names: readonly string[]): Promise<void> {
    const { subscriber_hosts: hosts } = this.database.tables;
    const parameters = [this.#host, names];
    await this.database.work.query(`delete from ${hosts} where host = $1 and subscriber = any($2)`, parameters);
  }

  /**
   * The rows are locked first, so that all hosts count up one after the other, and a new subscriber shows at once with
   * its patterns and with the replay that it begins with.
   */
  async #attend(runner: SqlRunner, subscribers: readonly Subscriber[]): Promise<string[]> {
    const { subscribers: table, subscriber_hosts: hosts } = this.database.tables;
    const names = subscribers.map(({ name }) => name).toSorted();
    for (const { name, from } of subscribers) {
      await runner.query(
        `insert into ${table} (name, patterns, replay_after) values ($1, '{}', $2) on conflict (name) do nothing`,
        [name, from === 'beginning' ? 0 : null],
      );
    }
    const before = await rowsOf<{ name: string; patterns: string[] }>(
      runner,
      `select name, patterns from ${table} where name = any($1) and retired_at is null order by name for update`,
      [names],
    );
    for (const { name, handlers } of subscribers) {
      await runner.query(
        `insert into ${hosts} (subscriber, host, patterns) values ($1, $2, $3)
         on conflict (subscriber, host) do update set seen_at = now(), patterns = excluded.patterns`,
        [name, this.#host, handlers.flatMap(({ patterns }) => patterns)],
      );
    }
    await runner.query(`delete from ${hosts} where subscriber = any($1) and seen_at < now() - ${PATTERNS_LAST}`, [
      names,
    ]);
    const after = await rowsOf<{ name: string; patterns: string[] }>(
      runner,
      `with wanted as (
         select h.subscriber, array_agg(distinct pattern order by pattern) as patterns
         from ${hosts} h, unnest(h.patterns) pattern where h.subscriber = any($1) group by h.subscriber
       ), changed as (
         update ${table} s set patterns = wanted.patterns from wanted
         where s.name = wanted.subscriber and s.patterns <> wanted.patterns and s.retired_at is null
         returning s.name, s.patterns
       )
       select name, patterns from changed`,
      [names],
    );
    return after
      .filter(({ name, patterns }) => before.find((each) => each.name === name)?.patterns.some(isMissingIn(patterns)))
      .map(({ name }) => name);
  }
}

const isMissingIn =
  (patterns: readonly string[]) =>
  (pattern: string): boolean =>
    !patterns.includes(pattern);
