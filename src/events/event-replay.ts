import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { OR_ANEW_SQL } from './delivery-keys.js';
import { FAN_OUT } from './log/fan-out.js';
import { patternsSql } from './subscriber.js';

const BATCH = 2_000;

/**
 * Makes deliveries of what is in the event log already, for a subscriber that does not read it itself, and begins at the
 * beginning or is to get events again. What cannot be seen yet, the fan-out has still before it; what could not be seen
 * by the batch before, and lies below its end, is made with the next one, so that nothing overtakes it. Nothing is
 * claimed for it meanwhile, so the order of each message holds; how far it came is kept, so any process can go on. Every
 * delivery that is there is made anew: what is parked or in a handler's hand comes again, in its place, and a claim that
 * began before the replay takes none whose earlier ones are open again.
 */
@Injectable()
export class EventReplay {
  constructor(private readonly database: Database) {}

  /** Goes on with every replay that is under way, until they are done or `signal` is aborted. Gives whether any was. */
  async resume(signal: AbortSignal): Promise<boolean> {
    const { subscribers } = this.database.tables;
    const names = await rowsOf<{ name: string }>(
      this.database.work,
      `select name from ${subscribers} where replay_after is not null and retired_at is null`,
    );
    if (names.length === 0) return false;
    for (const { name } of names) {
      let more = true;
      while (more && !signal.aborted) more = await this.database.transaction((runner) => this.#batch(runner, name));
    }
    return true;
  }

  /** Whether there is more. The lock lets one process at a time go on, from where the one before it ended. */
  async #batch(runner: SqlRunner, name: string): Promise<boolean> {
    const { subscribers, deliveries, events, cursors } = this.database.tables;
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
         select account, subject, sequence, type, position, recorded_at from ${events}
         where position > $2::bigint order by position limit ${BATCH}
       ), late as (
         select e.account, e.subject, e.sequence, e.type, e.position, e.recorded_at
         from ${cursors} c
         cross join lateral (
           select lower(gap) as lo, upper(gap) as hi from unnest(c.gaps) gap
           union all select c.position + 1, $2::bigint + 1) range
         join ${events} e on e.position >= range.lo and e.position < least(range.hi, $2::bigint + 1)
         where c.subscriber = '${FAN_OUT}'
       ), made as (
         insert into ${deliveries} (account, subject, subscriber, sequence, position)
         select log.account, log.subject, s.name, log.sequence, log.position
         from (select * from log union all select * from late order by position) log join ${subscribers} s on s.name = $1 and s.patterns && ${patternsSql('log.type')}
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
