import type { EsmsEvent } from '../domain/domain-event.js';

/** Events as the keys of their deliveries, for {@link GIVEN_SQL} in `$1`. */
export const keysOf = (events: readonly EsmsEvent[]): string =>
  JSON.stringify(events.map(({ account, subject, sequence }) => ({ account, subject, sequence: sequence ?? 0 })));

/** The keys in `$1` as a table. */
export const GIVEN_SQL = 'json_to_recordset($1::json) as given(account text, subject text, sequence bigint)';

/** Whether delivery `d` is one of the given keys, of the subscriber in `$2`. */
export const IS_GIVEN_SQL =
  'd.account = given.account and d.subject = given.subject and d.subscriber = $2 and d.sequence = given.sequence';

/** Whether it is still held under the lease in `$3`. */
export const IS_HELD_SQL = `${IS_GIVEN_SQL} and d.lease = $3::text::uuid and d.settled_at is null`;
