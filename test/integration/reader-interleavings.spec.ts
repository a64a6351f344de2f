import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { CursorTable } from '../../src/events/log/cursor-table.js';
import { EventLog } from '../../src/events/log/event-log.js';
import { FanOut } from '../../src/events/log/fan-out.js';
import { BEGINNING } from '../../src/events/log/positions.js';
import { HANDLER_METADATA, type HandlerMetadata } from '../../src/events/on-esms-event.js';
import { OpenWork } from '../../src/events/open-work.js';
import { SubscriberRetirement } from '../../src/events/subscriber-retirement.js';
import { endOf } from '../support/change-positions.js';
import { DispatcherInstances } from '../support/dispatcher-instances.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { LogProbe } from '../support/log-probe.js';
import { OpenTransactions, writeEvent } from '../support/open-transactions.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import type { TestDatabase } from '../support/test-database.js';

/** How long a call of the probe may take. */
const TIMEOUT_MS = 1_500;

let database: TestDatabase;
const instances = new DispatcherInstances();
const { start, stop } = instances;
const transactions = new OpenTransactions();
const { finish } = SubscriberRetirement.prototype;

for (const each of Reflect.getMetadata(HANDLER_METADATA, LogProbe.prototype, 'read') as HandlerMetadata[])
  each.timeout = TIMEOUT_MS;

beforeEach(async () => {
  database = await instances.begin();
});

afterEach(async () => {
  SubscriberRetirement.prototype.finish = finish;
  await transactions.end();
  await instances.end();
});

const begin = () => transactions.begin(database.url);

const effects = (): Promise<string[]> => LogProbe.effects(database.url);

function gate(): { passed: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** A handler of a host, and what it got. */
function recorder(batch?: number): { got: string[]; provider: ReturnType<typeof eventHandler> } {
  const got: string[] = [];
  const options = { subscriber: 's', ...(batch !== undefined && { batch }) };
  const provider = eventHandler(options, (events) => {
    got.push(...events.map(({ subject, sequence }) => `${subject}/${sequence}`));
  });
  return { got, provider };
}

describe('a retirement', () => {
  it('that is slow takes nothing from the subscriber that was enrolled again', async () => {
    const first = await start({ providers: [LogProbe] });
    await raise(first, makeEvent('m', 1));
    await first.caughtUp();
    await stop(first);
    const receiving = await start({ dispatcher: false });
    const slow = receiving.app.get(SubscriberRetirement, { strict: false });
    const [listed, go] = [gate(), gate()];
    // Its list is of before, its deletes are of after another process has done all of it.
    Object.assign(receiving.app.get(FanOut, { strict: false }), {
      settled: async () => {
        listed.open();
        await go.passed;
      },
    });
    await query(database.url, `update esms.subscribers set retired_at = now() where name = 'probe'`);
    const finishing = slow.finish();
    await listed.passed;
    const second = await start({ providers: [LogProbe] });
    go.open();
    await finishing;
    await raise(second, makeEvent('m', 2));
    await expect.poll(effects).toEqual(['m/1', 'm/1', 'm/2']);
    await second.caughtUp('probe');
  });

  it('in the middle of an enrolment leaves a subscriber that goes on', async () => {
    const first = await start({ providers: [LogProbe] });
    await raise(first, makeEvent('m', 1));
    await first.caughtUp();
    await stop(first);
    const receiving = await start({ dispatcher: false });
    await receiving.subscriptions.retire('probe');
    let isRetiredAgain = false;
    SubscriberRetirement.prototype.finish = async function (this: SubscriberRetirement, name = null) {
      await finish.call(this, name);
      if (name !== 'probe' || isRetiredAgain) return;
      isRetiredAgain = true;
      await query(
        database.url,
        `insert into esms.subscribers (name, patterns, retired_at) values ('probe', '{}', now()) on conflict do nothing`,
      );
    };
    const second = await start({ providers: [LogProbe] });
    await raise(second, makeEvent('m', 2));
    await expect.poll(effects).toEqual(['m/1', 'm/1', 'm/2']);
  });
});

describe('a batch', () => {
  it('whose handler outlived its time cannot move the cursor, and has no effect', async () => {
    const receiving = await start({ dispatcher: false });
    await raise(receiving, ...['a', 'b', 'c', 'd'].map((subject) => makeEvent(subject, 1)));
    let calls = 0;
    const late = gate();
    LogProbe.before = async () => {
      calls += 1;
      // Beyond its time, and until a half has had its effect.
      if (calls === 1)
        await eventually(async () => expect((await effects()).length).toBeGreaterThan(1)).then(late.open);
      else if (calls > 2) await late.passed;
    };
    await start({ providers: [LogProbe] });
    await expect.poll(async () => (await effects()).toSorted()).toEqual(['a/1', 'b/1', 'c/1', 'd/1']);
    await receiving.caughtUp('probe');
    expect(await effects()).toHaveLength(4);
  });

  it('of which one event fails slowly is halved under one lease', async () => {
    const receiving = await start({ dispatcher: false });
    await raise(receiving, ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((subject) => makeEvent(subject, 1)));
    LogProbe.before = async (events) => {
      if (!events.some(({ subject }) => subject === 'a')) return;
      await sleep(700);
      throw new Error('told to fail');
    };
    const dispatcher = { pollMs: 50, backoffMs: 10, maxAttempts: 1, leaseMs: 2_000 };
    await start({ providers: [LogProbe], dispatcher });
    await start({ providers: [LogProbe], dispatcher });
    await expect
      .poll(async () => (await effects()).toSorted())
      .toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((subject) => `${subject}/1`));
    await expect.poll(() => receiving.subscriptions.get('probe')).toMatchObject({ lag: 0, parked: 1 });
  });
});

describe('a replay of who has deliveries', () => {
  it('brings what is older than the subscriber and commits late', async () => {
    const receiving = await start({ dispatcher: false });
    const late = await begin();
    await writeEvent(late, 'late');
    await raise(receiving, makeEvent('other', 1));
    const { got, provider } = recorder();
    const instance = await start({ providers: [provider] });
    await instance.subscriptions.replay('s', new Date(0));
    await expect.poll(() => got).toEqual(['other/1']);
    await late.query('commit');
    await raise(instance, makeEvent('late', 2));
    await expect.poll(() => got).toEqual(['other/1', 'late/1', 'late/2']);
  });

  it('keeps the order of what commits while it is under way', async () => {
    const { got, provider } = recorder(200);
    const instance = await start({ providers: [provider] });
    const late = await begin();
    await writeEvent(late, 'slow', 1);
    await raiseMany(instance, { messages: 2_100, each: 1 });
    await instance.caughtUp();
    got.splice(0);
    const row = await begin();
    await row.query(
      `select from esms.deliveries where position = (select min(position) from esms.deliveries) for update`,
    );
    await instance.subscriptions.replay('s', new Date(0));
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into%deliveries%'`;
    await expect.poll(() => query(database.url, waiting)).toHaveLength(1);
    // The owner of the fan-out is slow, or has just died.
    const fanOut = await begin();
    await fanOut.query(`select from esms.cursors where subscriber = 'esms:fan-out' for update`);
    await late.query('commit');
    await raise(instance, makeEvent('slow', 2));
    await row.query('rollback');
    await expect
      .poll(() => query(database.url, 'select from esms.subscribers where replay_after is not null'))
      .toEqual([]);
    await fanOut.query('rollback');
    await instance.caughtUp();
    expect(got.filter((each) => each.startsWith('slow'))).toEqual(['slow/1', 'slow/2']);
  });
});

it('a lease is not given to who was paused while it was asked for', async () => {
  const instance = await start({ providers: [LogProbe] });
  await raise(instance, makeEvent('m', 1));
  await instance.caughtUp();
  await instance.subscriptions.pause('probe');
  await query(database.url, `update esms.subscribers set paused = false where name = 'probe'`);
  const held = await begin();
  // The subscriber's table answers slowly, between the snapshot of the statement and the lock of the row.
  await query(
    database.url,
    `create function slow() returns boolean language plpgsql volatile cost 0.000001 as
     $$ begin perform pg_advisory_xact_lock(7); return true; end $$`,
  );
  await held.query('select pg_advisory_xact_lock(7)');
  await query(database.url, 'alter table esms.subscribers rename to subscribers_real');
  await query(
    database.url,
    `create view esms.subscribers as select * from esms.subscribers_real where name <> 'probe' or slow() offset 0`,
  );
  const acquired = instance.app.get(CursorTable, { strict: false }).acquire('probe', 15_000, null);
  const asking = `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`;
  await eventually(async () => expect((await query(database.url, asking)).length).toBeGreaterThan(0));
  const pause = async (): Promise<void> => {
    const client = await begin();
    await client.query(`update esms.subscribers_real set paused = true where name = 'probe'`);
    await client.query(`update esms.cursors set lease = null, leased_until = null where subscriber = 'probe'`);
    await client.query('commit');
  };
  const pausing = pause();
  // Where the row is locked first, the pause has to wait for it.
  await Promise.race([pausing, sleep(300)]);
  await held.query('rollback');
  await Promise.all([acquired, pausing]);
  await query(database.url, 'drop view esms.subscribers');
  await query(database.url, 'alter table esms.subscribers_real rename to subscribers');
  expect(
    await query(database.url, `select lease is not null as leased from esms.cursors where subscriber = 'probe'`),
  ).toEqual([{ leased: false }]);
});

it('a reader that is far behind when a process begins does not hold up the others', async () => {
  const receiving = await start({ dispatcher: false });
  await raiseMany(receiving, { messages: 5_000, each: 1 });
  const log = receiving.app.get(EventLog, { strict: false });
  log.want(EVENT_TYPES);
  const behind = log.open(BEGINNING, EVENT_TYPES);
  const position = endOf(5_000);
  const ahead = log.open({ position, gaps: [] }, EVENT_TYPES);
  expect(log.end.cursor.position).toBe(position);
  await raise(receiving, makeEvent('next', 1));
  const { signal } = new AbortController();
  for (const place of [ahead, behind]) {
    const subjects: string[] = [];
    await eventually(async () => {
      subjects.push(...((await place.next(100, signal))?.entries.map(({ subject }) => subject) ?? []));
      expect(subjects).toContain('next');
    });
    expect(subjects).toHaveLength(place === ahead ? 1 : 5_001);
    log.close(place);
  }
});

it('what is open far behind a cursor is told as open', async () => {
  const instance = await start({ billing: true });
  await instance.subscriptions.pause('billing');
  await query(
    database.url,
    `insert into esms.changes (account, subject, sequence, types, occurred_at, facts)
     select 'default', 'm-' || n, 1,
       array[case when n > 10000 then 'message.cost_changed' else 'message.sent' end], now(), '[{}]'
     from generate_series(1, 10010) n`,
  );
  // One that is paused is not busy; a lease keeps the reader away instead.
  await query(
    database.url,
    `update esms.cursors set lease = gen_random_uuid(), leased_until = now() + interval '10 minutes'
     where subscriber = 'billing'`,
  );
  await query(database.url, `update esms.subscribers set paused = false where name = 'billing'`);
  const busy = await instance.app.get(OpenWork, { strict: false }).busy();
  expect(busy.map(({ name }) => name)).toEqual(['billing']);
});
