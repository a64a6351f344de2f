import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { EsmsDelivery, EsmsError, EsmsEvent } from '../../src/index.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { inTransaction } from '../support/in-transaction.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createDispatcherDatabase } from '../support/dispatcher-database.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let instance: DispatcherInstance;
let pool: Pool;

beforeEach(async () => {
  database = await createDispatcherDatabase();
  await query(database.url, 'create table effects (event_id uuid not null)');
  pool = new Pool({ connectionString: database.url, max: 4 });
  // A connection that is being closed may still be told that its database is dropped.
  pool.on('error', () => undefined);
});

afterEach(async () => {
  await instance.stop();
  await pool.end();
  await database.drop();
});

const EFFECT = 'insert into effects values ($1)';

async function start(
  handle: (event: EsmsEvent, delivery: EsmsDelivery) => Promise<void>,
  options: { timeout?: number; batch?: number } = {},
): Promise<void> {
  const handler = eventHandler({ subscriber: 'host', ...options }, ([event], delivery) =>
    handle(event as EsmsEvent, delivery),
  );
  instance = await DispatcherInstance.start(database.url, {
    providers: [handler],
    dispatcher: { maxAttempts: 3, backoffMs: 10, pollMs: 50 },
  });
}

const effects = async (): Promise<number> => (await query(database.url, 'select from effects')).length;

describe('complete() takes', () => {
  it('the client of pg', async () => {
    await start((event, delivery) =>
      inTransaction(database.url, async (client) => {
        await client.query(EFFECT, [event.id]);
        await delivery.complete(client);
      }),
    );
    await raise(instance, makeEvent('m', 1), makeEvent('m', 2));
    await instance.caughtUp();
    expect(await effects()).toBe(2);
  });

  it("the manager of a host's own TypeORM data source", async () => {
    const host = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    await start((event, delivery) =>
      host.transaction(async (manager) => {
        await manager.query(EFFECT, [event.id]);
        await delivery.complete(manager);
      }),
    );
    await raise(instance, makeEvent('m', 1), makeEvent('m', 2));
    await instance.caughtUp();
    await host.destroy();
    expect(await effects()).toBe(2);
  });
});

describe('complete() refuses', () => {
  async function refusalOf(complete: (delivery: EsmsDelivery) => Promise<void>): Promise<EsmsError> {
    let refusal: EsmsError | undefined;
    await start(async (_event, delivery) => {
      await complete(delivery).catch((error: EsmsError) => (refusal = error));
      throw new Error('not this time');
    });
    await raise(instance, makeEvent('m', 1));
    await eventually(() => expect(refusal).toBeDefined());
    await instance.stop();
    const [open] = await query(database.url, 'select from esms.deliveries where settled_at is null');
    expect(open).toBeDefined();
    return refusal as EsmsError;
  }

  it('a connection with no transaction open, and marks nothing', async () => {
    expect(await refusalOf((delivery) => delivery.complete(pool))).toMatchObject({ code: 'transaction_absent' });
  });

  it('a database that has no tables of ours', async () => {
    const other = inject('adminUrl');
    const refusal = await refusalOf((delivery) => inTransaction(other, (client) => delivery.complete(client)));
    expect(refusal).toMatchObject({ code: 'database_other', message: expect.stringContaining('another database') });
  });

  it('a database that has tables of ours, but is another one', async () => {
    const other = await createTestDatabase();
    await query(
      other.url,
      `with added as (
        insert into esms.changes (account, subject, sequence, id, types, occurred_at, facts)
        values ('default', 'm', 1, gen_random_uuid(), '{message.sent}', now(), '[{}]') returning *)
      insert into esms.deliveries (account, subject, subscriber, sequence, position)
      select account, subject, 'host', sequence, position from added`,
    );
    const refusal = await refusalOf((delivery) => inTransaction(other.url, (client) => delivery.complete(client)));
    expect(refusal).toMatchObject({ code: 'database_other' });
    await other.drop();
  });
});

it('a handler that outlives its time is aborted, and its late mark refused and rolled back', async () => {
  const late: unknown[] = [];
  const signals: AbortSignal[] = [];
  await start(
    (event, delivery) =>
      inTransaction(database.url, async (client) => {
        signals.push(delivery.signal);
        await client.query(EFFECT, [event.id]);
        // Until it is called again, so its delivery is in other hands.
        if (delivery.attempt === 1) await eventually(() => expect(signals.length).toBeGreaterThan(1));
        await delivery.complete(client).catch((error: EsmsError) => {
          late.push(error.code);
          throw error;
        });
      }),
    { timeout: 2_000 },
  );
  await raise(instance, makeEvent('m', 1));
  await instance.caughtUp();
  await eventually(() => expect(late[0]).toBe('lease_lost'));
  // On a busy machine another attempt may be too late as well.
  expect([signals[0]?.aborted, signals.at(-1)?.aborted]).toEqual([true, false]);
  expect((signals[0]?.reason as EsmsError).code).toBe('handler_timeout');
  expect(await effects()).toBe(1);
});

it('a handler that outlives its lease while another process takes over is rolled back', async () => {
  let calls = 0;
  const handle = (event: EsmsEvent, delivery: EsmsDelivery): Promise<void> =>
    inTransaction(database.url, async (client) => {
      calls += 1;
      await client.query(EFFECT, [event.id]);
      if (calls === 1) await sleep(1_500);
      await delivery.complete(client);
    });
  await start(handle);
  const taker = await DispatcherInstance.start(database.url, {
    providers: [eventHandler({ subscriber: 'host' }, ([event], delivery) => handle(event as EsmsEvent, delivery))],
    dispatcher: { pollMs: 50 },
  });
  await raise(instance, makeEvent('m', 1));
  await eventually(() => expect(calls).toBe(1));
  await query(database.url, 'update esms.deliveries set leased_until = now()');
  await eventually(() => expect(calls).toBe(2));
  await instance.caughtUp();
  await sleep(1_500);
  expect(await effects()).toBe(1);
  await taker.stop();
});

it('a mark whose transaction is rolled back is none', async () => {
  await start((event, delivery) =>
    inTransaction(database.url, async (client) => {
      await client.query(EFFECT, [event.id]);
      await delivery.complete(client);
      if (delivery.attempt === 1) throw new Error('after the mark');
    }),
  );
  await raise(instance, makeEvent('m', 1));
  await instance.caughtUp();
  expect(await effects()).toBe(1);
});

it('a handler without complete() gets an event again when it throws, up to its attempts', async () => {
  const attempts: number[] = [];
  await start(async ({ sequence }, { attempt }) => {
    if (sequence === 2) return;
    attempts.push(attempt);
    throw new Error('told to fail');
  });
  await raise(instance, makeEvent('m', 1), makeEvent('m', 2));
  await eventually(async () => expect((await instance.subscriptions.get('host')).parked).toBe(1));
  expect(attempts).toEqual([1, 2, 3]);
  expect(await instance.subscriptions.parked('host')).toMatchObject({
    items: [{ subject: 'm', sequence: 1, attempts: 3, error: expect.stringMatching(/^Error: told to fail\n/) }],
    nextCursor: null,
  });
  expect(await instance.subscriptions.get('host')).toMatchObject({ lag: 1, parked: 1 });
  expect(await instance.subscriptions.skip('host')).toBe(1);
  await instance.caughtUp();
});
