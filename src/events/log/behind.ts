import { eachEventSql, newestSql, POSITIONS_OF_CHANGE, reachingSql } from '../../database/change-sql.js';
import type { Tables } from '../../database/tables.js';
import { patternsSql } from '../subscriber.js';
import { FAN_OUT } from './fan-out.js';

/** How many events behind a cursor are looked at one by one; beyond them, changes count. */
const MOST_COUNTED = 10_000;

/**
 * How many events of subscriber `s` nobody has dealt with: `counted` one by one, and `beyond` those the changes that there
 * are, whether it gets them or not; `oldest` is when the first of those counted was stored. They are behind its own
 * cursor, or, where it has deliveries, behind the one of the fan-out.
 * @param account SQL for the account of which they are; null for all
 */
export function behindSql({ cursors, changes }: Pick<Tables, 'cursors' | 'changes'>, account: string): string {
  const looked = (condition: string): string => `
    select e.type, c.account, e.position, c.recorded_at from ${changes} c ${eachEventSql('c')}
    where ${condition} order by c.position, e.position limit ${MOST_COUNTED}`;
  const isWanted = `late.position > s.starts_after
        and s.patterns && ${patternsSql('late.type')}
        and (s.account is null or s.account = late.account)
        and (${account} is null or late.account = ${account})`;
  return `
    select
      count(*) filter (where ${isWanted})::int as counted,
      min(late.recorded_at) filter (where ${isWanted}) as oldest,
      (case when count(*) >= ${MOST_COUNTED}
        then (${newestSql(changes)} - max(late.position)) / ${POSITIONS_OF_CHANGE} else 0 end)::int as beyond
    from (
      select
        coalesce(own.position, greatest(shared.position, s.starts_after)) as position,
        coalesce(own.gaps, shared.gaps, '{}') as gaps
      from (values (s.name)) subscriber (name)
      left join ${cursors} own on own.subscriber = subscriber.name
      left join ${cursors} shared on shared.subscriber = '${FAN_OUT}'
    ) place
    cross join lateral (
      select late.* from unnest(place.gaps) gap
      cross join lateral (${looked(`c.position >= ${reachingSql('lower(gap)')} and c.position < upper(gap) and e.position >= lower(gap) and e.position < upper(gap)`)}) late
      union all (${looked(`c.position > ${reachingSql('place.position')} and e.position > place.position`)})
    ) late`;
}
