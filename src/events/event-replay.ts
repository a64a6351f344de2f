import { Injectable } from '@nestjs/common';
import { eachEventSql, reachingSql } from '../database/change-sql.js';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { OR_ANEW_SQL } from './delivery-keys.js';
import { FAN_OUT, FanOut } from './log/fan-out.js';
import { patternsSql } from './subscriber.js';

const BATCH = 2_000;

/**
 * Makes deliveries anew of what the fan-out has dealt with, for a subscriber that does not read the log itself, and
 * begins at the beginning or is to get events again. All else the fan-out makes: what is behind its cursor, and what shows
 * up late in one of its gaps. Since it has dealt with an event only after those before it of the same message, nothing
 * that it makes later is overtaken. Nothing is claimed for the subscriber meanwhile, so the order of each message holds;
 * how far it came is kept, so any process can go on. Every delivery that is there is made anew: what is parked or in a
 * handler's hand comes again, in its place, and a claim that began before the replay takes none whose earlier ones are
 * open again.
 */
@Injectable()
export class EventReplay {
  constructor(
    private readonly database: Database,
    private readonly fanOut: FanOut,
  ) {}

  /** Goes on with every replay that is under way, until they are done or `signal` is aborted. Gives whether any was. */
  async resume(signal: AbortSignal): Promise<boolean> {
    const { subscribers } = this.database.tables;
    const names = await rowsOf<{ name: string }>(
      this.database.work,
      `select name from ${subscribers} where replay_after is not null and retired_at is null`,
    );
    if (names.length === 0) return false;
    // What it had in hand may have been made from the table of subscribers before these were in it.
    await this.fanOut.settled();
    for (const { name } of names) {
      let more = true;
      while (more && !signal.aborted) more = await this.database.transaction((runner) => this.#batch(runner, name));
    }
    return true;
  }

  /** Whether there is more. The lock lets one process at a time go on, from where the one before it ended. */
  async #batch(runner: SqlRunner, name: string): Promise<boolean> {
    const { subscribers, deliveries, changes, cursors } = this.database.tables;
    const [replay] = await rowsOf<{ after: string; since: string | null }>(
      runner,
      `select replay_after::text as after, ${instantSql('replay_from', 'since')} from ${subscribers}
       where name = $1 and replay_after is not null for update`,
      [name],
    );
    if (replay === undefined) return false;
    const [read] = await rowsOf<{ count: number; last: string | null }>(
      runner,
      `with log as (
         select change.account, change.subject, e.sequence, e.type, e.position, change.recorded_at
         from ${cursors} c
         join ${changes} change on change.position >= ${reachingSql('$2::bigint')} and change.position <= c.position
         ${eachEventSql('change')}
         where c.subscriber = '${FAN_OUT}' and e.position > $2::bigint and e.position <= c.position
           and not e.position <@ c.gaps
         order by e.position limit ${BATCH}
       ), made as (
         insert into ${deliveries} (account, subject, subscriber, sequence, position)
         select log.account, log.subject, s.name, log.sequence, log.position
         from log join ${subscribers} s on s.name = $1 and s.patterns && ${patternsSql('log.type')}
           and (s.account is null or s.account = log.account)
         where $3::timestamptz is null or log.recorded_at >= $3::timestamptz
         ${OR_ANEW_SQL}
       )
       select count(*)::int as count, max(position)::text as last from log`,
      [name, replay.after, replay.since],
    );
    const more = read?.count === BATCH;
    await runner.query(
      `update ${subscribers} set replay_after = $2::bigint, replay_from = case when $3 then replay_from end
       where name = $1`,
      [name, more ? read.last : null, more],
    );
    return more;
  }
}
