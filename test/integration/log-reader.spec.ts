import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogQueries } from '../../src/events/log/log-queries.js';
import type { EsmsEvent } from '../../src/index.js';
import type { DispatcherInstance } from '../support/dispatcher-instance.js';
import { DispatcherInstances, type InstanceSettings } from '../support/dispatcher-instances.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { inTransaction } from '../support/in-transaction.js';
import { LogProbe } from '../support/log-probe.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import type { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
const instances = new DispatcherInstances();
const { start, stop } = instances;

beforeEach(async () => {
  database = await instances.begin();
});

afterEach(async () => {
  await instances.end();
});

const PROBE: InstanceSettings = { providers: [LogProbe] };

const effects = (): Promise<string[]> => LogProbe.effects(database.url);

/** Takes the cursor away from its owner, as the end of its lease does. */
const endLease = (): Promise<unknown> => query(database.url, 'update esms.cursors set leased_until = now()');

function costOf(subject: string, sequence: number, delta = '1.0000'): EsmsEvent {
  const data = { message: { channel: 'viber', telco: null }, delta, total: delta, currency: 'VND' };
  return { ...makeEvent(subject, sequence, 'message.cost_changed'), data } as unknown as EsmsEvent;
}

const posted = async (): Promise<string[]> =>
  (await query(database.url, 'select sms_id, event_id from esms.ledger order by position')).map((row) => row['sms_id']);

describe('a subscriber that reads the log', () => {
  it('stores no delivery of what goes well', async () => {
    const instance = await start(PROBE);
    await raiseMany(instance, { messages: 100, each: 3 });
    await instance.caughtUp();
    expect(await effects()).toHaveLength(300);
    expect(await query(database.url, 'select from esms.deliveries')).toEqual([]);
  });

  it('gets everything from the beginning, whenever it is turned on', async () => {
    const receiving = await start({ dispatcher: false });
    await raise(receiving, costOf('first', 1));
    const worker = await start({ billing: true });
    await raise(receiving, costOf('second', 1), makeEvent('second', 2, 'message.sent'));
    await expect.poll(posted).toEqual(['first', 'second']);
    await stop(worker);
    await raise(receiving, costOf('third', 1));
    await start({ billing: true, providers: [LogProbe] });
    await expect.poll(posted).toEqual(['first', 'second', 'third']);
    await expect.poll(effects).toEqual(['second/2']);
  });

  it('begins at the beginning again once it was retired, and posts nothing twice', async () => {
    const receiving = await start({ dispatcher: false });
    await raise(receiving, costOf('first', 1));
    const worker = await start({ billing: true });
    await expect.poll(posted).toEqual(['first']);
    await stop(worker);
    await receiving.subscriptions.retire('billing');
    expect(await receiving.subscriptions.list()).toEqual([]);
    await raise(receiving, costOf('second', 1));
    await start({ billing: true });
    await expect.poll(posted).toEqual(['first', 'second']);
  });

  it('cannot share its name with a handler of the host', async () => {
    const handler = eventHandler(
      { subscriber: 'billing', pattern: 'message.sent', from: 'beginning' },
      () => undefined,
    );
    await expect(start({ billing: true, providers: [handler] })).rejects.toMatchObject({ code: 'subscribers_invalid' });
  });
});

describe('an event that one subscriber cannot take', () => {
  it('is parked, the later ones of its message wait behind it, and all others go on', async () => {
    const instance = await start({ billing: true, crm: true });
    await raise(instance, costOf('bad', 1, 'poison'), costOf('bad', 2), costOf('good', 1));
    await raise(instance, costOf('good', 2), costOf('bad', 3));
    const billing = () => instance.subscriptions.get('billing');
    await expect.poll(billing).toMatchObject({ lag: 2, parked: 1 });
    expect(await posted()).toEqual(['good', 'good']);
    await raise(instance, costOf('bad', 4), costOf('good', 3));
    await expect.poll(billing).toMatchObject({ lag: 3, parked: 1 });
    await expect.poll(posted).toEqual(['good', 'good', 'good']);
    await expect.poll(() => instance.subscriptions.get('crm')).toMatchObject({ lag: 0, parked: 0 });
    expect((await instance.subscriptions.parked('billing')).items).toMatchObject([
      { subject: 'bad', sequence: 1, attempts: 3, error: expect.stringContaining('poison') },
    ]);
    expect(await instance.subscriptions.skip('billing')).toBe(1);
    await instance.caughtUp();
    expect((await posted()).slice(3)).toEqual(['bad', 'bad', 'bad']);
    // Nothing is left to wait behind.
    await raise(instance, costOf('bad', 5));
    await instance.caughtUp();
    expect(await query(database.url, `select from esms.deliveries where sequence = 5`)).toEqual([]);
  });

  it('comes again when it is requeued, before those behind it', async () => {
    LogProbe.within = (events) => {
      if (events.some(({ subject, sequence }) => subject === 'bad' && sequence === 1)) throw new Error('told to fail');
    };
    const instance = await start(PROBE);
    await raise(instance, makeEvent('bad', 1), makeEvent('bad', 2), makeEvent('good', 1));
    await expect.poll(() => instance.subscriptions.get('probe')).toMatchObject({ lag: 1, parked: 1 });
    LogProbe.reset();
    expect(await instance.subscriptions.requeue('probe')).toBe(1);
    await instance.caughtUp();
    expect(await effects()).toEqual(['good/1', 'bad/1', 'bad/2']);
  });

  it('is found among hundreds, of which each other one has its effect once', async () => {
    const isBad = (subject: string): boolean => ['m-3', 'm-250', 'm-399'].includes(subject);
    LogProbe.within = (events) => {
      if (events.some(({ subject }) => isBad(subject))) throw new Error('told to fail');
    };
    const instance = await start(PROBE);
    await raiseMany(instance, { messages: 400, each: 2 });
    await expect.poll(() => instance.subscriptions.get('probe')).toMatchObject({ lag: 3, parked: 3 });
    const made = await effects();
    expect(made).toHaveLength(794);
    expect(new Set(made).size).toBe(794);
    expect(made.some((each) => isBad(each.split('/')[0] as string))).toBe(false);
  });

  it('comes again with all others when the cursor is moved back', async () => {
    let failing = true;
    LogProbe.within = () => {
      if (failing) throw new Error('told to fail');
    };
    const instance = await start(PROBE);
    await raise(instance, makeEvent('m', 1), makeEvent('m', 2));
    await expect.poll(() => instance.subscriptions.get('probe')).toMatchObject({ lag: 1, parked: 1 });
    failing = false;
    await instance.subscriptions.replay('probe', new Date(0));
    await expect.poll(effects).toEqual(['m/1', 'm/2']);
    await instance.caughtUp();
    await instance.subscriptions.replay('probe', new Date(0));
    await expect.poll(effects).toEqual(['m/1', 'm/2', 'm/1', 'm/2']);
    // Nothing has occurred since then.
    await instance.subscriptions.replay('probe', new Date(Date.now() + 3_600_000));
    await raise(instance, makeEvent('m', 3));
    await instance.caughtUp();
    expect((await effects()).slice(4)).toEqual(['m/3']);
  });
});

describe('the lease of a cursor', () => {
  it('that ended while its owner was frozen undoes what that one writes when it wakes up', async () => {
    let wakeUp: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => (wakeUp = resolve));
    let isFirst = true;
    LogProbe.within = async () => {
      if (!isFirst) return;
      isFirst = false;
      await frozen;
    };
    const owner = await start(PROBE);
    await raise(owner, makeEvent('m', 1));
    await eventually(() => expect(isFirst).toBe(false));
    const taker = await start(PROBE);
    await endLease();
    await expect.poll(effects).toEqual(['m/1']);
    wakeUp();
    await raise(taker, makeEvent('m', 2));
    await taker.caughtUp();
    expect(await effects()).toEqual(['m/1', 'm/2']);
    await stop(owner);
    expect(await effects()).toEqual(['m/1', 'm/2']);
  });

  it('taken from owner to owner all the time: each effect once, in the order of its message', async () => {
    const owners = [await start(PROBE), await start(PROBE), await start(PROBE)];
    let isOver = false;
    // Not before something was done since: a lease that ends sooner than any work takes lets nobody come further.
    const turns = (async () => {
      for (let seen = -1; !isOver; ) {
        await endLease();
        await eventually(async () => {
          const count = (await effects()).length;
          if (!isOver && count === seen) throw new Error('nothing was done yet');
          seen = count;
        });
      }
    })();
    for (let sequence = 1; sequence <= 40; sequence += 1) {
      await raise(owners[0] as DispatcherInstance, ...['a', 'b', 'c'].map((subject) => makeEvent(subject, sequence)));
    }
    await owners[0]?.caughtUp('probe');
    isOver = true;
    await turns;
    const made = await effects();
    for (const subject of ['a', 'b', 'c']) {
      expect(made.filter((each) => each.startsWith(subject))).toEqual(
        Array.from({ length: 40 }, (_, index) => `${subject}/${index + 1}`),
      );
    }
  });

  it('of an owner that ended without a word is taken over when it is over', async () => {
    const receiving = await start({ dispatcher: false });
    await raise(receiving, makeEvent('m', 1));
    const owner = await start(PROBE);
    await owner.caughtUp();
    await stop(owner);
    expect(await effects()).toEqual(['m/1']);
    await query(
      database.url,
      `update esms.cursors set lease = gen_random_uuid(), leased_until = now() + interval '1 second'`,
    );
    await raise(receiving, makeEvent('m', 2));
    await start(PROBE);
    await expect.poll(effects).toEqual(['m/1', 'm/2']);
  });

  it('is given up by a pause, after which nothing has an effect', async () => {
    const instance = await start(PROBE);
    await raise(instance, makeEvent('m', 1));
    await instance.caughtUp();
    await instance.subscriptions.pause('probe');
    await raise(instance, makeEvent('m', 2));
    await expect.poll(() => instance.subscriptions.get('probe')).toMatchObject({ paused: true, lag: 1 });
    expect(await effects()).toEqual(['m/1']);
    await instance.subscriptions.resume('probe');
    await instance.caughtUp();
    expect(await effects()).toEqual(['m/1', 'm/2']);
  });
});

it('a reader whose reads fail says so once, and that they work again once they do', async () => {
  const receiving = await start({ dispatcher: false });
  await raise(receiving, makeEvent('m', 1));
  const read = vi.spyOn(LogQueries.prototype, 'read').mockRejectedValue(new Error('cannot be read'));
  const instance = await start(PROBE);
  await eventually(() => expect(read.mock.calls.length).toBeGreaterThan(10));
  read.mockRestore();
  await instance.caughtUp();
  const lines = instance.log.filter((line) => line.includes('reading events for probe'));
  expect(lines.map((line) => /failed|works again/.exec(line)?.[0])).toEqual(['failed', 'works again']);
});

it('what holds up billing holds up neither CRM nor those who store', async () => {
  const instance = await start({ billing: true, providers: [LogProbe] });
  await inTransaction(database.url, async (client) => {
    await client.query('lock table esms.ledger');
    for (let index = 0; index < 20; index += 1) {
      await raise(instance, costOf(`m-${index}`, 1), makeEvent(`m-${index}`, 2));
      await expect.poll(effects).toHaveLength(index + 1);
    }
    expect(await instance.subscriptions.get('billing')).toMatchObject({ lag: 20, parked: 0 });
  });
  await instance.caughtUp();
  expect(await posted()).toHaveLength(20);
  expect(await query(database.url, 'select from esms.deliveries')).toEqual([]);
});

describe('retiring', () => {
  it('what a process reads is refused, though it has not said for long that it does', async () => {
    const instance = await start(PROBE);
    await raise(instance, makeEvent('m', 1));
    await instance.caughtUp();
    await query(database.url, `update esms.subscriber_hosts set seen_at = now() - interval '1 minute'`);
    await expect(instance.subscriptions.retire('probe')).rejects.toMatchObject({ code: 'subscriber_hosted' });
    await raise(instance, makeEvent('m', 2));
    await instance.caughtUp();
    expect(await effects()).toEqual(['m/1', 'm/2']);
  });

  it('works where all other work has one connection', async () => {
    const handler = eventHandler({ subscriber: 'old' }, () => undefined);
    await stop(await start({ providers: [handler] }));
    const instance = await start({ dispatcher: false, workConnections: 1 });
    await instance.subscriptions.retire('old');
    expect(await instance.subscriptions.list()).toEqual([]);
  });
});

it('a long list of things to do keeps no process from saying that it lives', async () => {
  const instance = await start({ providers: [eventHandler({ subscriber: 's' }, () => undefined)] });
  await raise(instance, makeEvent('m', 1));
  await instance.caughtUp();
  const lastSaid = async (): Promise<unknown> =>
    (await query(database.url, `select max(seen_at)::text as at from esms.subscriber_hosts where subscriber = 's'`))[0];
  await inTransaction(database.url, async (client) => {
    // The replay waits for this row as long as it is held.
    await client.query('select from esms.deliveries for update');
    await instance.subscriptions.replay('s', new Date(0));
    const before = await lastSaid();
    await expect.poll(lastSaid).not.toEqual(before);
    const since = await lastSaid();
    await expect.poll(lastSaid).not.toEqual(since);
  });
  await instance.caughtUp();
});
