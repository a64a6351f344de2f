import { Injectable } from '@nestjs/common';
import { changeAtSql } from '../database/change-sql.js';
import { Database } from '../database/database.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { behindSql } from './log/behind.js';
import { HOSTED_FOR } from './subscriber-table.js';

/** A subscriber, as people see it. */
export interface Subscription {
  name: string;
  /** The account whose events it gets, as a webhook does; null: it serves all accounts. */
  account: string | null;
  /** The events it gets. */
  patterns: string[];
  /** Whether any process has handlers for it. */
  hosted: boolean;
  paused: boolean;
  /**
   * How many events are still to be delivered, parked ones not counted. Where it is more than 10,000 events of any kind
   * behind, the changes beyond them are counted whether it gets them or not.
   */
  lag: number;
  /** When the oldest of them was stored; null where there is none. */
  waitingSince: Instant | null;
  /** How many were given up and wait for somebody to requeue or skip them. */
  parked: number;
}

/** Reads the subscribers of all processes. */
@Injectable()
export class SubscriptionQueries {
  readonly #find: string;

  constructor(private readonly database: Database) {
    const { subscribers, subscriber_hosts: hosts, deliveries, changes } = database.tables;
    const held = (condition: string): string => `(
      select count(*)::int from ${deliveries} d
      where d.subscriber = s.name and ($2::text is null or d.account = $2) and ${condition})`;
    const oldest = `(
      select c.recorded_at from ${deliveries} d join ${changes} c on c.position = ${changeAtSql('d.position')}
      where d.subscriber = s.name and ($2::text is null or d.account = $2)
        and d.settled_at is null and d.parked_at is null
      order by d.position limit 1)`;
    this.#find = `
      select s.name, s.account, s.patterns, s.paused,
        exists (select from ${hosts} h where h.subscriber = s.name and h.seen_at > now() - ${HOSTED_FOR}) as hosted,
        ${held('d.settled_at is null and d.parked_at is null')} + behind.counted + behind.beyond as lag,
        ${instantSql(`least(behind.oldest, ${oldest})`, '"waitingSince"')},
        ${held('d.parked_at is not null')} as parked
      from ${subscribers} s
      cross join lateral (${behindSql(database.tables, '$2::text')}) behind
      where s.retired_at is null and ($1::text is null or s.name = $1)
        and ($2::text is null or s.account is null or s.account = $2)
      order by s.name`;
  }

  /** All of them, or the one of a name; with an account, those that may get its events, and counted for it alone. */
  find(name: string | null, account: string | null): Promise<Subscription[]> {
    return rowsOf<Subscription>(this.database, this.#find, [name, account]);
  }
}
