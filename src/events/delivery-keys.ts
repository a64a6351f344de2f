import { eachEventSql } from '../database/change-sql.js';
import type { Tables } from '../database/tables.js';

/** Deliveries by their positions, for {@link IS_GIVEN_SQL} in `$1`: as text, which every driver sends alike. */
export const positionsOf = (deliveries: readonly { readonly position: string }[]): string =>
  `{${deliveries.map(({ position }) => position).join(',')}}`;

/** Ends an insert of deliveries: one that is there already is made anew, whatever became of it. */
export const OR_ANEW_SQL = `
  on conflict (subscriber, position) do update
  set settled_at = null, parked_at = null, last_error = null, attempts = 0, due_at = now(), lease = null, leased_until = null`;

/** Whether delivery `d` is one of the given, of the subscriber in `$2`. */
export const IS_GIVEN_SQL = 'd.subscriber = $2 and d.position = any($1::text::bigint[])';

/**
 * Whether it is still held under the lease in `$3`; what is done or parked has none. Were that asked as well, the planner could
 * read the whole index of what is open, since it is small most of the time (seen).
 */
export const IS_HELD_SQL = `${IS_GIVEN_SQL} and d.lease = $3::text::uuid`;

/**
 * Whether a subscriber that reads the log has handled every event of a message, given as SQL: what its cursor has not
 * passed, or is put off or parked, is not handled.
 */
export const hasGotAllSql = (
  { cursors, deliveries, changes }: Pick<Tables, 'cursors' | 'deliveries' | 'changes'>,
  subscriber: string,
  account: string,
  subject: string,
): string => `
  exists (
    select from ${cursors} c where c.subscriber = ${subscriber} and not exists (
      select from ${changes} change ${eachEventSql('change')}
      where change.account = ${account} and change.subject = ${subject}
        and (e.position > c.position or c.gaps @> e.position)))
  and not exists (
    select from ${deliveries} d where d.account = ${account} and d.subject = ${subject}
      and d.subscriber = ${subscriber} and d.settled_at is null)`;
