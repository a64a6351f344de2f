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
 * Whether a subscriber has handled every event of a message, given as SQL: what is parked, put off or paused is not
 * handled, nor is anything while it is replayed.
 */
export const hasGotAllSql = (
  { deliveries, subscribers }: Pick<Tables, 'deliveries' | 'subscribers'>,
  subscriber: string,
  account: string,
  subject: string,
): string => `
  not exists (select from ${subscribers} s where s.name = ${subscriber} and s.replay_after is not null)
  and not exists (
    select from ${deliveries} d where d.account = ${account} and d.subject = ${subject}
      and d.subscriber = ${subscriber} and d.settled_at is null)`;
