import { query } from './query.js';

/**
 * Messages whose first event one subscriber has parked, so that their second one waits behind it, due and not claimable.
 * Ahead of everything that is raised afterwards.
 */
export async function addBlockedMessages(url: string, subscriber: string, messages: number): Promise<void> {
  await query(
    url,
    `with added as (
      insert into esms.changes (account, subject, sequence, types, occurred_at, facts)
      select 'default', 'blocked-' || message, sequence, '{message.sent}', now(), '[{}]'
      from generate_series(1, ${messages}) message, generate_series(1, 2) sequence
      returning account, subject, sequence, position)
    insert into esms.deliveries (account, subject, subscriber, sequence, position, parked_at)
    select account, subject, '${subscriber}', sequence, position, case when sequence = 1 then now() end from added`,
  );
}
