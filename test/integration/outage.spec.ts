import { Client } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OutageError } from '../../src/events/outage.js';
import type { EsmsEvent } from '../../src/index.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(() => database.drop());

const MAX_ATTEMPTS = 3;

it.each([
  ['one by one', {}],
  ['in batches', { batch: 10 }],
])('spends no attempt on an outage, %s, and goes on in order when it is over', async (_, options) => {
  const reached: string[] = [];
  const attempts = new Set<number>();
  let isAway = true;
  let refusals = 0;
  const deliver = (events: EsmsEvent[], { attempt }: { attempt: number }): void => {
    if (isAway) {
      refusals += 1;
      throw new OutageError('the other end is away');
    }
    attempts.add(attempt);
    reached.push(...events.map(({ data }) => (data as unknown as { note: string }).note));
  };
  const providers = [
    eventHandler({ subscriber: 'far', concurrency: 8, ...options }, deliver),
    eventHandler({ subscriber: 'near' }, () => undefined),
  ];
  const dispatcher = { maxAttempts: MAX_ATTEMPTS, backoffMs: 5 };
  const instance = await DispatcherInstance.start(database.url, { providers, dispatcher });
  await raiseMany(instance, { messages: 100, each: 3 });
  await eventually(() => expect(refusals).toBeGreaterThan(MAX_ATTEMPTS * 3));
  await instance.caughtUp('near');
  expect(await instance.subscriptions.get('far')).toMatchObject({ lag: 300, parked: 0 });
  // What is in hand once has an attempt counted until it is given back.
  const [{ spent }] = (await query(
    database.url,
    'select coalesce(max(attempts), 0)::int as spent from esms.deliveries where settled_at is null',
  )) as [{ spent: number }];
  expect(spent).toBeLessThanOrEqual(1);
  isAway = false;
  await instance.caughtUp();
  expect(attempts).toEqual(new Set([1]));
  expect(reached).toHaveLength(300);
  for (let message = 0; message < 100; message += 1) {
    const own = reached.filter((note) => note.startsWith(`m-${message}/`));
    expect(own).toEqual([1, 2, 3].map((sequence) => `m-${message}/${sequence}`));
  }
  expect(instance.log.filter((line) => line.includes('the outage is over'))).toHaveLength(1);
  await instance.stop();
});

it('asks little of what is away: one call at a time, and ever more rarely', async () => {
  const calls: number[] = [];
  const fail = (): never => {
    calls.push(performance.now());
    throw new OutageError('away');
  };
  const providers = [eventHandler({ subscriber: 'far', concurrency: 8 }, fail)];
  const instance = await DispatcherInstance.start(database.url, { providers, dispatcher: { backoffMs: 20 } });
  await raiseMany(instance, { messages: 50, each: 1 });
  await eventually(() => expect(calls.length).toBeGreaterThan(13));
  const gaps = calls.slice(8).map((time, index) => time - (calls[index + 7] as number));
  // Half of 20 ms doubled once for each that went before, the eight of the first being one.
  for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(10 * 2 ** index - 1);
  await instance.stop();
  expect(await query(database.url, 'select from esms.deliveries where lease is not null or attempts > 0')).toEqual([]);
});

it('is what a lock on the ledger is to billing, which then posts', async () => {
  const instance = await DispatcherInstance.start(database.url, { billing: true });
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin; lock table esms.ledger');
  const data = { message: { channel: 'viber', telco: null }, delta: '1.0000', total: '1.0000', currency: 'VND' };
  await raise(instance, { ...makeEvent('m', 1, 'message.cost_changed'), data } as unknown as EsmsEvent);
  await eventually(() => expect(instance.log.join('\n')).toContain('outage, trying again'));
  expect(await query(database.url, 'select from esms.deliveries where attempts > 0 and lease is null')).toEqual([]);
  await holder.query('rollback');
  await holder.end();
  await instance.caughtUp();
  expect(await query(database.url, 'select sms_id from esms.ledger')).toEqual([{ sms_id: 'm' }]);
  await instance.stop();
});
