import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Claim, DeliveryClaims } from '../../src/events/delivery-claims.js';
import { addBlockedMessages } from '../support/blocked-messages.js';
import { createDispatcherDatabase } from '../support/dispatcher-database.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { makeDeliveries } from '../support/make-deliveries.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import type { TestDatabase } from '../support/test-database.js';

const BLOCKED = 10_500;

let database: TestDatabase;
let instance: DispatcherInstance;
let claims: DeliveryClaims;

beforeAll(async () => {
  database = await createDispatcherDatabase();
  const hosting = await DispatcherInstance.start(database.url, {
    providers: [eventHandler({ subscriber: 's' }, () => undefined)],
  });
  await hosting.stop();
  instance = await DispatcherInstance.start(database.url, { dispatcher: false });
  claims = instance.app.get(DeliveryClaims, { strict: false });
  await addBlockedMessages(database.url, 's', BLOCKED);
});

afterAll(async () => {
  await instance.stop();
  await database.drop();
});

const claim = (after: string, freshOnly = false): Promise<Claim | null> =>
  claims.claim({
    subscriber: 's',
    types: ['message.sent'],
    limit: 100,
    freshOnly,
    lease: randomUUID(),
    leaseMs: 60_000,
    after,
  });

const namesOf = (given: Claim | null): string[] =>
  (given?.deliveries ?? []).map(({ event }) => `${event.subject}/${event.sequence}`);

const settle = (): Promise<unknown> =>
  query(database.url, 'update esms.deliveries set settled_at = now(), lease = null where lease is not null');

describe.each([
  ['wait behind a parked one', 'parked_at = case when sequence = 1 then now() end'],
  ['wait for their next attempt', `parked_at = null, attempts = 1, due_at = now() + interval '1 hour'`],
  ['were tried before, where only others are wanted', 'parked_at = null, attempts = 1'],
])('a claim behind 10,500 messages that %s', (what, change) => {
  const freshOnly = what.startsWith('were tried');

  it('looks at so many deliveries and no more, and the next one goes on where it ended', async () => {
    await query(database.url, `update esms.deliveries set ${change} where subject like 'blocked-%'`);
    await raise(instance, makeEvent(`${what}-1`, 1), makeEvent(`${what}-1`, 2), makeEvent(`${what}-2`, 1));
    await makeDeliveries(database.url, 's');
    const taken: string[] = [];
    let [looks, after] = [0, '0'];
    for (let reached: string | null = after; reached !== null; looks += 1) {
      after = reached;
      const made = await claim(after, freshOnly);
      taken.push(...namesOf(made));
      reached = made?.reached ?? null;
    }
    expect(taken).toEqual([`${what}-1/1`, `${what}-2/1`]);
    expect(looks).toBe(what.startsWith('wait behind') ? 2 : 3);
    // What is held, and what waits behind it, is claimed by nobody else.
    expect(await claim(after, freshOnly)).toEqual({ deliveries: [], reached: null });
    await settle();
    expect(namesOf(await claim(after, freshOnly))).toEqual([`${what}-1/2`]);
    await settle();
  });
});

it.each(['paused = true', 'replay_after = 0'])('a claim for a subscriber with %s passes over nothing', async (held) => {
  await query(database.url, `update esms.deliveries set attempts = 0, due_at = now() where subject like 'blocked-%'`);
  await query(database.url, `update esms.subscribers set ${held}`);
  expect(await claim('0')).toEqual({ deliveries: [], reached: null });
  await query(database.url, 'update esms.subscribers set paused = false, replay_after = null');
  expect((await claim('0'))?.deliveries).toHaveLength(100);
});
