import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClaimedDelivery, DeliveryClaims } from '../../src/events/delivery-claims.js';
import { addBlockedMessages } from '../support/blocked-messages.js';
import { createDispatcherDatabase } from '../support/dispatcher-database.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { makeEvent, raise } from '../support/outbox-events.js';
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
  await raise(instance, makeEvent('fresh', 1), makeEvent('fresh', 2), makeEvent('other', 1));
});

afterAll(async () => {
  await instance.stop();
  await database.drop();
});

const claim = (after: string): Promise<ClaimedDelivery[]> =>
  claims.claim({
    subscriber: 's',
    types: ['message.sent'],
    limit: 100,
    freshOnly: false,
    lease: randomUUID(),
    leaseMs: 60_000,
    after,
  });

const namesOf = (claimed: readonly ClaimedDelivery[]): string[] =>
  claimed.map(({ event }) => `${event.subject}/${event.sequence}`);

it('a claim looks at so many deliveries and no more, and the next one goes on where it ended', async () => {
  expect(await claim('0')).toEqual([]);
  const first = await claims.lookedUpTo('s', '0');
  expect(first).not.toBeNull();
  expect(namesOf(await claim(first ?? ''))).toEqual(['fresh/1', 'other/1']);
  expect(await claims.lookedUpTo('s', first ?? '')).toBeNull();
});

it('what is held, and what waits behind it, is claimed by nobody else', async () => {
  const first = await claims.lookedUpTo('s', '0');
  expect(await claim(first ?? '')).toEqual([]);
});
