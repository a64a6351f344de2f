import { setTimeout as sleep } from 'node:timers/promises';
import type { Provider } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupBy } from '../../src/domain/group-by.js';
import type { EsmsEvent } from '../../src/index.js';
import { addBlockedMessages } from '../support/blocked-messages.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { inTransaction } from '../support/in-transaction.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createDispatcherDatabase, IS_POOLED } from '../support/dispatcher-database.js';
import type { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
const running: DispatcherInstance[] = [];

beforeEach(async () => {
  database = await createDispatcherDatabase();
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  await database.drop();
});

async function start(...providers: Provider[]): Promise<DispatcherInstance> {
  const instance = await DispatcherInstance.start(database.url, { providers, dispatcher: { pollMs: 100 } });
  running.push(instance);
  return instance;
}

async function ingestOnly(): Promise<DispatcherInstance> {
  const instance = await DispatcherInstance.start(database.url, { dispatcher: false });
  running.push(instance);
  return instance;
}

async function stop(instance: DispatcherInstance): Promise<void> {
  running.splice(running.indexOf(instance), 1);
  await instance.stop();
}

/** A subscriber that writes down what it gets. */
function recorder(options: Parameters<typeof eventHandler>[0]): { got: EsmsEvent[]; provider: Provider } {
  const got: EsmsEvent[] = [];
  return { got, provider: eventHandler(options, (events) => got.push(...events)) };
}

/** Every event of every message, in order, each once. */
function expectComplete(got: readonly EsmsEvent[], messages: number, each: number): void {
  const bySubject = groupBy(got, ({ subject }) => subject);
  expect(bySubject.size).toBe(messages);
  const wanted = Array.from({ length: each }, (_, index) => index + 1);
  for (const [subject, events] of bySubject) {
    expect(
      events.map(({ sequence }) => sequence),
      subject,
    ).toEqual(wanted);
  }
}

describe.skipIf(IS_POOLED)('a process that only receives', () => {
  it('makes deliveries for handlers it does not know, and wakes the worker that has them', async () => {
    const { got, provider } = recorder({ subscriber: 'far' });
    const instance = await DispatcherInstance.start(database.url, {
      providers: [provider],
      dispatcher: { pollMs: 60_000 },
    });
    running.push(instance);
    const receiving = await ingestOnly();
    await sleep(300);
    await raise(receiving, makeEvent('m', 1));
    // Long before the poll.
    await eventually(() => expect(got).toHaveLength(1));
    await instance.caughtUp();
    expect(await receiving.subscriptions.list()).toEqual([
      {
        name: 'far',
        account: null,
        patterns: ['*'],
        hosted: true,
        paused: false,
        lag: 0,
        waitingSince: null,
        parked: 0,
      },
    ]);
  });
});

describe('a new subscriber', () => {
  it('gets the events from now on', async () => {
    const receiving = await ingestOnly();
    await raise(receiving, makeEvent('m', 1));
    const { got, provider } = recorder({ subscriber: 'new' });
    const instance = await start(provider);
    await raise(receiving, makeEvent('m', 2));
    await instance.caughtUp();
    expect(got.map(({ sequence }) => sequence)).toEqual([2]);
  });

  it('of the new version of an application, beside the old one, misses none', async () => {
    const old = await start(recorder({ subscriber: 'first' }).provider);
    let sent = 0;
    let on = true;
    const callbacks = (async () => {
      while (on) {
        await raise(old, makeEvent(`live-${sent}`, 1));
        sent += 1;
      }
    })();
    await sleep(200);
    const { got, provider } = recorder({ subscriber: 'second' });
    const first = recorder({ subscriber: 'first' });
    const young = await start(provider, first.provider);
    const since = sent + 1;
    await eventually(() => expect(sent).toBeGreaterThan(since + 20));
    on = false;
    await callbacks;
    await young.caughtUp();
    const subjects = new Set(got.map(({ subject }) => subject));
    for (let index = since; index < sent; index += 1) expect(subjects.has(`live-${index}`)).toBe(true);
  });

  it('from the beginning gets all there ever was, in order, while others write', async () => {
    const receiving = await ingestOnly();
    const other = await ingestOnly();
    await raiseMany(receiving, { messages: 50, each: 60 });
    const writers = [receiving, other].map(async (writer, index) => {
      for (let sequence = 61; sequence <= 120; sequence += 1) {
        const half = Array.from({ length: 25 }, (_, message) => makeEvent(`m-${message * 2 + index}`, sequence));
        await raise(writer, ...half);
      }
    });
    const { got, provider } = recorder({ subscriber: 'all', from: 'beginning', batch: 100 });
    const instance = await start(provider);
    await Promise.all(writers);
    await eventually(() => expect(got.length).toBeGreaterThanOrEqual(6_000));
    await instance.caughtUp();
    expectComplete(got, 50, 120);
  });

  it('from the beginning misses none of a transaction that began before it was written down', async () => {
    const receiving = await ingestOnly();
    const { Outbox } = await import('../../src/events/outbox.js');
    const { Database } = await import('../../src/database/database.js');
    const { got, provider } = recorder({ subscriber: 'all', from: 'beginning' });
    let instance: DispatcherInstance | undefined;
    await receiving.app.get(Database, { strict: false }).ingest(async (runner) => {
      await receiving.app.get(Outbox, { strict: false }).append(runner, [makeEvent('slow', 1)]);
      instance = await start(provider);
      await sleep(1_000);
    });
    await eventually(() => expect(got).toHaveLength(1));
    await instance?.caughtUp('all');
  });
});

describe('one subscriber in two versions', () => {
  it('gets what either wants, and misses nothing of what the one is for that is stopped', async () => {
    const sent = recorder({ subscriber: 's', pattern: 'message.sent' });
    const contradicted = recorder({ subscriber: 's', pattern: 'message.contradicted' });
    const one = await start(sent.provider);
    await stop(await start(contradicted.provider));
    expect((await one.subscriptions.get('s')).patterns).toEqual(['message.contradicted', 'message.sent']);
    await raise(one, makeEvent('m', 1, 'message.contradicted'), makeEvent('m', 2, 'message.sent'), makeEvent('n', 1));
    await eventually(() => expect(sent.got.map(({ subject }) => subject)).toEqual(['n']));
    await eventually(async () => expect(await one.subscriptions.get('s')).toMatchObject({ lag: 2 }));
    await start(contradicted.provider);
    await one.caughtUp('s');
    expect(contradicted.got.map(({ subject }) => subject)).toEqual(['m']);
    expect(sent.got.map(({ subject }) => subject)).toEqual(['n', 'm']);
  });

  it('is narrowed to what its processes handle when somebody says so, and then nothing else holds it up', async () => {
    const sent = recorder({ subscriber: 's', pattern: 'message.sent' });
    const one = await start(sent.provider);
    await stop(await start(recorder({ subscriber: 's' }).provider));
    await raise(one, makeEvent('m', 1, 'message.contradicted'), makeEvent('m', 2, 'message.sent'));
    await eventually(async () => expect((await one.subscriptions.get('s')).lag).toBe(2));
    expect(sent.got).toEqual([]);
    await one.subscriptions.narrow('s');
    expect((await one.subscriptions.get('s')).patterns).toEqual(['message.sent']);
    await one.caughtUp('s');
    expect(sent.got.map(({ sequence }) => sequence)).toEqual([2]);
    await raise(one, makeEvent('m', 3, 'message.contradicted'), makeEvent('m', 4, 'message.sent'));
    await one.caughtUp('s');
    expect(sent.got.map(({ sequence }) => sequence)).toEqual([2, 4]);
  });

  it('is not narrowed where no process can say what it handles', async () => {
    await stop(await start(recorder({ subscriber: 's' }).provider));
    const receiving = await ingestOnly();
    await expect(receiving.subscriptions.narrow('s')).rejects.toMatchObject({ code: 'subscriber_unhosted' });
    await expect(receiving.subscriptions.narrow('t')).rejects.toMatchObject({ code: 'subscriber_unknown' });
    expect((await receiving.subscriptions.get('s')).patterns).toEqual(['*']);
  });
});

describe('subscriptions', () => {
  it('are paused and resumed', async () => {
    const { got, provider } = recorder({ subscriber: 's' });
    const instance = await start(provider);
    await instance.subscriptions.pause('s');
    await raiseMany(instance, { messages: 5, each: 2 });
    await sleep(300);
    expect(await instance.subscriptions.list()).toMatchObject([{ name: 's', paused: true, lag: 10 }]);
    expect(got).toEqual([]);
    await instance.subscriptions.resume('s');
    await instance.caughtUp();
    expectComplete(got, 5, 2);
  });

  it('show the lag of one that nobody hosts, until it is retired', async () => {
    const old = await start(recorder({ subscriber: 'old' }).provider);
    const receiving = await ingestOnly();
    await expect(receiving.subscriptions.retire('old')).rejects.toMatchObject({ code: 'subscriber_hosted' });
    await stop(old);
    await raiseMany(receiving, { messages: 5, each: 2 });
    const [{ oldest = null } = {}] = await query(
      database.url,
      `select to_char(min(recorded_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as oldest from esms.events`,
    );
    expect(await receiving.subscriptions.list()).toEqual([
      {
        name: 'old',
        account: null,
        patterns: ['*'],
        hosted: false,
        paused: false,
        lag: 10,
        waitingSince: oldest,
        parked: 0,
      },
    ]);
    await receiving.subscriptions.retire('old');
    expect(await receiving.subscriptions.list()).toEqual([]);
    const left = () => query(database.url, 'select from esms.deliveries union all select from esms.subscribers');
    await eventually(async () => expect(await left()).toEqual([]));
    await expect(receiving.subscriptions.retire('old')).rejects.toMatchObject({ code: 'subscriber_unknown' });
    await start(recorder({ subscriber: 'old' }).provider);
    expect(await receiving.subscriptions.list()).toMatchObject([{ name: 'old', hosted: true, lag: 0 }]);
  });

  it('are replayed from a time, in order, also what retention removed', async () => {
    const { got, provider } = recorder({ subscriber: 's', batch: 50 });
    const instance = await start(provider);
    await raiseMany(instance, { messages: 20, each: 3, prefix: 'before' });
    await instance.caughtUp();
    await sleep(5);
    const since = new Date();
    await raiseMany(instance, { messages: 20, each: 5, prefix: 'after' });
    await instance.caughtUp();
    await query(database.url, 'delete from esms.deliveries where sequence = 2');
    got.splice(0);
    await instance.subscriptions.replay('s', since);
    await eventually(() => expect(got.length).toBeGreaterThanOrEqual(100));
    await instance.caughtUp();
    expectComplete(got, 20, 5);
    expect(got.every(({ subject }) => subject.startsWith('after'))).toBe(true);
  });

  it('are replayed in order also where the newest is in hand', async () => {
    const got: number[] = [];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const handle = async ([event]: EsmsEvent[]): Promise<void> => {
      got.push(event?.sequence ?? 0);
      if (got.length === 3) await held;
    };
    const instance = await start(eventHandler({ subscriber: 's', concurrency: 2 }, handle));
    await raise(instance, ...[1, 2, 3].map((sequence) => makeEvent('m', sequence)));
    await eventually(() => expect(got).toHaveLength(3));
    await instance.subscriptions.replay('s', new Date(0));
    const isReplaying = 'select from esms.subscribers where replay_after is not null';
    await eventually(async () => expect(await query(database.url, isReplaying)).toEqual([]));
    letGo();
    await instance.caughtUp();
    expect(got).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('let parked deliveries be requeued and skipped, one or all', async () => {
    let failing = true;
    const got: EsmsEvent[] = [];
    const instance = await DispatcherInstance.start(database.url, {
      providers: [
        eventHandler({ subscriber: 's' }, ([event]) => {
          if (failing) throw new Error('told to fail');
          got.push(event as EsmsEvent);
        }),
      ],
      dispatcher: { maxAttempts: 1, pollMs: 50 },
    });
    running.push(instance);
    await raiseMany(instance, { messages: 4, each: 2 });
    await eventually(async () => expect((await instance.subscriptions.get('s')).parked).toBe(4));
    failing = false;
    const page = await instance.subscriptions.parked('s', { limit: 3 });
    expect(page.items).toHaveLength(3);
    expect(page.nextCursor).not.toBeNull();
    const [first, second] = page.items.map(({ eventId }) => eventId);
    expect(await instance.subscriptions.requeue('s', { eventId: first ?? '' })).toBe(1);
    expect(await instance.subscriptions.skip('s', { eventId: second ?? '' })).toBe(1);
    expect(await instance.subscriptions.skip('s', { account: 'acme' })).toBe(0);
    expect(await instance.subscriptions.requeue('s')).toBe(2);
    await instance.caughtUp();
    expect(got).toHaveLength(7);
  });

  it('are logged, where they fail, without the persons and secrets that a handler throws', async () => {
    let calls = 0;
    const provider = eventHandler({ subscriber: 's' }, () => {
      calls += 1;
      if (calls === 1) throw new Error('no contact 0912 345 678, password=sEcReT');
    });
    const instance = await start(provider);
    await raise(instance, makeEvent('m', 1));
    await eventually(() => expect(calls).toBe(2));
    const log = instance.log.join('\n');
    expect(log).toContain('attempt 1 of 10: no contact **** *** ***, password=***');
    expect(log).not.toMatch(/0912|sEcReT/);
  });

  it('are replayed together with what is parked', async () => {
    let failing = true;
    const got: number[] = [];
    const handle = ([event]: EsmsEvent[]): void => {
      if (failing) throw new Error('told to fail');
      got.push(event?.sequence ?? 0);
    };
    const instance = await DispatcherInstance.start(database.url, {
      providers: [eventHandler({ subscriber: 's' }, handle)],
      dispatcher: { maxAttempts: 1, pollMs: 50 },
    });
    running.push(instance);
    await raise(instance, makeEvent('m', 1), makeEvent('m', 2));
    await eventually(async () => expect((await instance.subscriptions.get('s')).parked).toBe(1));
    failing = false;
    await instance.subscriptions.replay('s', new Date(0));
    await eventually(() => expect(got).toEqual([1, 2]));
  });

  it('are retired with all their deliveries, also one that is marked meanwhile', async () => {
    await stop(await start(recorder({ subscriber: 'old' }).provider));
    const receiving = await ingestOnly();
    await addBlockedMessages(database.url, 'old', 2_600);
    await inTransaction(database.url, async (client) => {
      await client.query(
        'update esms.deliveries set attempts = 1 where position = (select min(position) from esms.events)',
      );
      await receiving.subscriptions.retire('old');
      await eventually(async () => expect(await query(database.url, WAITING)).toHaveLength(1));
    });
    const left = () => query(database.url, 'select from esms.deliveries union all select from esms.subscribers');
    await eventually(async () => expect(await left()).toEqual([]));
  });
});

/** Whether the retirement waits for a row. */
const WAITING = `
  select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%delete from%deliveries%'`;
