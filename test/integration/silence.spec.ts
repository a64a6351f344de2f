import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { CallbackReceiver } from '../../src/callbacks/callback-receiver.js';
import { EsmsMessages } from '../../src/index.js';
import { SilenceCloser } from '../../src/messages/silence.closer.js';
import { callbackQuery } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const HOUR_MS = 3_600_000;
const OPEN = { SendStatus: '2' };

let database: TestDatabase;
let instance: DispatcherInstance;
let closer: SilenceCloser;
let messages: EsmsMessages;

beforeAll(async () => {
  // By itself it closes once a minute: in the middle of a test, where that takes so long.
  vi.spyOn(SilenceCloser.prototype, 'onApplicationBootstrap').mockReturnValue();
  database = await createTestDatabase();
  instance = await DispatcherInstance.start(database.url, { dispatcher: false });
  closer = instance.app.get(SilenceCloser, { strict: false });
  messages = instance.app.get(EsmsMessages, { strict: false });
});

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => void vi.useRealTimers());

afterAll(async () => {
  await instance.stop();
  await database.drop();
});

/** A callback that comes now, by the clock of this machine. */
async function receive(smsId: string): Promise<void> {
  const receiver = instance.app.get(CallbackReceiver, { strict: false });
  await receiver.receive('default', Buffer.from(callbackQuery(smsId, OPEN)), { hasLeft: () => false });
}

/** A callback that came some hours ago. */
async function keep(smsId: string, hours: number): Promise<void> {
  const receivedAt = new Date(Date.now() - hours * HOUR_MS).toISOString().replace('Z', '000Z');
  const callback = { account: 'default', query: Buffer.from(callbackQuery(smsId, OPEN)), receivedAt };
  await instance.app.get(CallbackKeeper, { strict: false }).keep(callback);
}

it.each([
  ['a little more than the wait', 73],
  ['a month', 30 * 24],
])('closes no open message while the clock of this machine is %s ahead', async (name, hours) => {
  const present = Date.now();
  await receive(name);
  vi.setSystemTime(present + hours * HOUR_MS);
  expect(await closer.close()).toBe(0);
  expect(await messages.get(name)).toMatchObject({ state: 'pending' });
  await receive(`${name}, received meanwhile`);
  vi.setSystemTime(present + 1_000);
  await receive(`${name}, received afterwards`);
  const { createdAt } = (await messages.get(`${name}, received afterwards`)) ?? {};
  expect(Date.parse(createdAt ?? '') - present).toBeLessThan(60_000);
});

it('closes what is silent though the clock of this machine is days behind, at the time of the database', async () => {
  const present = Date.now();
  await keep('silent', 73);
  await keep('not yet', 71);
  vi.setSystemTime(present - 10 * 24 * HOUR_MS);
  expect(await closer.close()).toBe(1);
  const message = await messages.get('silent');
  expect(message).toMatchObject({ state: 'reported', outcome: 'unknown', error: { reason: 'no_report' } });
  expect(Date.parse(message?.reportedAt ?? '')).toBeGreaterThan(present - HOUR_MS);
  expect(await messages.get('not yet')).toMatchObject({ state: 'pending' });
});
