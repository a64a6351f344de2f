import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addBlockedMessages } from '../support/blocked-messages.js';
import { createDispatcherDatabase } from '../support/dispatcher-database.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import type { TestDatabase } from '../support/test-database.js';

const BLOCKED = 2_000_000;

let database: TestDatabase;
let instance: DispatcherInstance;
const got: string[] = [];

beforeAll(async () => {
  database = await createDispatcherDatabase();
  const provider = eventHandler({ subscriber: 's' }, ([event]) => got.push(`${event?.subject}/${event?.sequence}`));
  instance = await DispatcherInstance.start(database.url, { providers: [provider] });
  await instance.subscriptions.pause('s');
  await addBlockedMessages(database.url, 's', BLOCKED);
  await instance.subscriptions.resume('s');
}, 300_000);

afterAll(async () => {
  await instance.stop();
  await database.drop();
});

it('two million messages whose first event is parked hold up no other message', async () => {
  for (let index = 0; index < 5; index += 1) {
    await raise(instance, makeEvent(`fresh-${index}`, 1));
    await vi.waitFor(() => expect(got).toContain(`fresh-${index}/1`), { interval: 20, timeout: 120_000 });
  }
  expect(got).toHaveLength(5);
}, 600_000);

it('and what one of them was waiting for lets it go on', async () => {
  const { items } = await instance.subscriptions.parked('s', { limit: 1 });
  expect(await instance.subscriptions.skip('s', { eventId: items[0]?.eventId ?? '' })).toBe(1);
  await vi.waitFor(() => expect(got).toContain(`${items[0]?.subject}/2`), { interval: 100, timeout: 120_000 });
}, 600_000);
