import { query } from './query.js';

/** Makes the deliveries of all events for one subscriber, as a process with a dispatcher does. */
export async function makeDeliveries(url: string, subscriber: string): Promise<void> {
  await query(
    url,
    `insert into esms.deliveries (account, subject, subscriber, sequence, position)
     select account, subject, '${subscriber}', sequence, position from esms.events on conflict do nothing`,
  );
}
