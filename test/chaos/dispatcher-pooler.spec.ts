import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EsmsEvent } from '../../src/index.js';
import { createDispatcherDatabase } from '../support/dispatcher-database.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { PGBOUNCER_ABSENT } from '../support/pg-bouncer.js';
import { query } from '../support/query.js';
import type { TestDatabase } from '../support/test-database.js';

/** The rest of the dispatcher's tests goes the same way with `DISPATCHER_POOLER=1`. */
describe.skipIf(PGBOUNCER_ABSENT)('through PgBouncer in transaction mode', () => {
  let database: TestDatabase;
  let instance: DispatcherInstance;

  beforeEach(async () => {
    database = await createDispatcherDatabase(true);
  });

  afterEach(async () => {
    await instance.stop();
    await database.drop();
  });

  it('effects are stored once, with their marks', async () => {
    await query(database.url, 'create table effects (subject text, sequence bigint)');
    const pool = new Pool({ connectionString: database.url, max: 4 });
    instance = await DispatcherInstance.start(database.url, {
      providers: [
        eventHandler({ subscriber: 's', from: 'beginning' }, async ([event], delivery) => {
          const client = await pool.connect();
          await client.query('begin');
          await client.query('insert into effects values ($1, $2)', [event?.subject, event?.sequence]);
          await delivery.complete(client);
          await client.query('commit');
          client.release();
        }),
      ],
    });
    await raiseMany(instance, { messages: 50, each: 5 });
    await instance.caughtUp();
    const [found] = await query(
      database.url,
      'select count(*)::int as effects, count(distinct (subject, sequence))::int as events from effects',
    );
    expect(found).toEqual({ effects: 250, events: 250 });
    await pool.end();
  });

  it('another process polls, and no LISTEN is left with the pooler', async () => {
    const got: EsmsEvent[] = [];
    instance = await DispatcherInstance.start(database.url, {
      providers: [eventHandler({ subscriber: 's' }, (events) => got.push(...events))],
      dispatcher: { pollMs: 500 },
    });
    const receiver = await DispatcherInstance.start(database.url, { dispatcher: false });
    await sleep(300);
    await raise(receiver, makeEvent('m', 1));
    await vi.waitFor(() => expect(got).toHaveLength(1), { timeout: 2_000 });
    const listening = await query(database.url, `select from pg_stat_activity where query ilike 'listen%'`);
    expect(listening).toEqual([]);
    expect(instance.log.join('\n')).not.toContain('wake-up');
    await receiver.stop();
  });
});
