import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { POSITIONS_OF_CHANGE } from '../../src/database/change-sql.js';
import { EventHorizon } from '../../src/events/log/event-horizon.js';
import { holdFanOutSql } from '../../src/events/log/fan-out.js';
import { LogQueries } from '../../src/events/log/log-queries.js';
import type { HandlerOptions } from '../../src/index.js';
import { DispatcherInstances, type InstanceSettings } from '../support/dispatcher-instances.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { OpenTransactions, writeEvent } from '../support/open-transactions.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import type { TestDatabase } from '../support/test-database.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

let database: TestDatabase;
const transactions = new OpenTransactions();
const instances = new DispatcherInstances();
const { start, stop } = instances;

beforeEach(async () => {
  database = await instances.begin();
});

afterEach(async () => {
  await transactions.end();
  await instances.end();
});

/** A handler, and the subjects that it got. */
function listener(options: Omit<HandlerOptions, 'subscriber'> = {}): { got: string[]; settings: InstanceSettings } {
  const got: string[] = [];
  const handler = eventHandler({ subscriber: 'late', ...options }, ([event]) => got.push(event?.subject ?? ''));
  return { got, settings: { providers: [handler] } };
}

/** How many changes the cursor of the fan-out has passed. */
const passed = async (): Promise<number> => {
  const [row] = await query(database.url, `select position::int from esms.cursors where subscriber = 'esms:fan-out'`);
  return (row?.['position'] as number) / POSITIONS_OF_CHANGE;
};

describe('where there is nobody to make deliveries for', () => {
  it('the cursor of the fan-out follows, and the log is not read', async () => {
    const read = vi.spyOn(LogQueries.prototype, 'read');
    const instance = await start();
    for (const subject of ['a', 'b', 'c']) await raise(instance, makeEvent(subject, 1));
    await eventually(async () => expect(await passed()).toBe(3));
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
  });

  it('billing reads, and the fan-out does not', async () => {
    const instance = await start({ billing: true });
    await raise(instance, makeEvent('a', 1));
    await eventually(async () => expect(await passed()).toBe(1));
    const leases = `select subscriber from esms.cursors where lease is not null`;
    await eventually(async () => expect(await query(database.url, leases)).toEqual([{ subscriber: 'billing' }]));
  });

  it.each(['now', 'beginning'] as const)(
    'one that begins with %s misses nothing of those who write meanwhile',
    async (from) => {
      const resting = await start();
      let sent = 0;
      let isOn = true;
      const writing = (async () => {
        for (; isOn; sent += 1) await raise(resting, makeEvent(`m-${sent}`, 1));
      })();
      await eventually(async () => expect(await passed()).toBeGreaterThan(20));
      const { got, settings } = listener({ from });
      const worker = await start(settings);
      const since = from === 'now' ? sent + 1 : 0;
      await eventually(() => expect(sent).toBeGreaterThan(since + 50));
      isOn = false;
      await writing;
      await worker.caughtUp();
      const wanted = Array.from({ length: sent - since }, (_, index) => `m-${since + index}`);
      expect(wanted.filter((subject) => !got.includes(subject))).toEqual([]);
      expect(new Set(got).size).toBe(got.length);
    },
  );

  it('one that begins at the beginning gets what was not committed when the fan-out rested', async () => {
    const resting = await start();
    await raise(resting, makeEvent('before', 1));
    await eventually(async () => expect(await passed()).toBe(1));
    const { got, settings } = listener({ from: 'beginning' });
    const slow = await transactions.begin(database.url);
    await writeEvent(slow, 'slow');
    await raise(resting, makeEvent('x', 1), makeEvent('y', 1));
    const asked = vi.spyOn(EventHorizon.prototype, 'advance');
    await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(5));
    asked.mockRestore();
    await start(settings);
    await eventually(() => expect(got).toEqual(['before', 'x', 'y']));
    await slow.query('commit');
    await eventually(() => expect(got).toEqual(['before', 'x', 'y', 'slow']));
  });

  it('the fan-out passes over nothing while somebody adds a subscriber', async () => {
    const resting = await start();
    await raise(resting, makeEvent('before', 1));
    await eventually(async () => expect(await passed()).toBe(1));
    const adding = await transactions.begin(database.url);
    await adding.query(holdFanOutSql({ cursors: 'esms.cursors' }));
    await raise(resting, makeEvent('during', 1));
    const asked = vi.spyOn(EventHorizon.prototype, 'advance');
    await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(5));
    asked.mockRestore();
    expect(await passed()).toBe(1);
    await adding.query('commit');
    await eventually(async () => expect(await passed()).toBe(2));
  });

  it('a webhook that is added gets what comes after, also where nobody polls', async () => {
    const instance = await start({
      dispatcher: { pollMs: 60_000 },
      webhooks: { allowPrivateNetworks: true },
    });
    const receiver = await WebhookReceiver.start();
    await raise(instance, makeEvent('before', 1));
    const { secret } = await instance.webhooks.add({ url: receiver.url });
    receiver.secrets = [secret];
    await raise(instance, makeEvent('after', 1));
    await eventually(() => expect(receiver.taken.map(({ subject }) => subject)).toEqual(['after']));
    await receiver.down();
  });

  it('the fan-out reads no more once the last one is retired', async () => {
    const { settings } = listener();
    const worker = await start(settings);
    await raise(worker, makeEvent('a', 1));
    await worker.caughtUp();
    await stop(worker);
    const resting = await start();
    await resting.subscriptions.retire('late');
    const leases = 'select subscriber from esms.cursors where lease is not null';
    await eventually(async () => expect(await query(database.url, leases)).toEqual([]));
    await raise(resting, makeEvent('b', 1));
    await eventually(async () => expect(await passed()).toBe(2));
  });
});
