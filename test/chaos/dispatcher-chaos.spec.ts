import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EsmsDelivery, EsmsEvent } from '../../src/index.js';
import { DatabaseProxy } from '../support/database-proxy.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createDispatcherDatabase } from '../support/dispatcher-database.js';
import type { TestDatabase } from '../support/test-database.js';

/** `DISPATCHER_EVENTS=100000` is the whole of it; it takes some minutes. */
const EVENTS = Number(process.env['DISPATCHER_EVENTS'] ?? 10_000);
const MESSAGES = 1_000;
const DISPATCHERS = 20;

const EFFECT = `insert into effects (subscriber, subject, sequence)
  select $1, subject, sequence from json_to_recordset($2::json) as given(subject text, sequence bigint)`;

/** A dispatcher that can be killed: to the database it is then what a process is that got SIGKILL. */
class Mortal {
  private constructor(
    private readonly proxy: DatabaseProxy,
    private readonly pool: Pool,
    readonly instance: DispatcherInstance,
  ) {}

  static async start(url: string): Promise<Mortal> {
    const proxy = await DatabaseProxy.start(url);
    const pool = new Pool({ connectionString: proxy.url, max: 4, connectionTimeoutMillis: 2_000 });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    const providers = [
      eventHandler({ subscriber: 'batches', batch: 50, timeout: 1_500 }, (events, delivery) =>
        apply(pool, 'batches', events, delivery),
      ),
      eventHandler({ subscriber: 'singles', timeout: 1_500 }, (events, delivery) =>
        apply(pool, 'singles', events, delivery),
      ),
      eventHandler({ subscriber: 'at-least-once', batch: 50, timeout: 1_500 }, async (events) => {
        await pool.query(EFFECT, ['at-least-once', JSON.stringify(events)]);
      }),
    ];
    const dispatcher = { leaseMs: 2_000, backoffMs: 50, maxAttempts: 1_000, pollMs: 250 };
    const instance = await DispatcherInstance.start(proxy.url, { providers, dispatcher });
    return new Mortal(proxy, pool, instance);
  }

  /** All its connections are gone at once, and it gets no other. What is left of it is cleared away. */
  async kill(): Promise<void> {
    this.proxy.set('refuse');
    await this.stop();
  }

  async stop(): Promise<void> {
    await this.instance.stop();
    await this.pool.end();
    await this.proxy.close();
  }
}

/** Effect and mark in one transaction; now and then it throws, before or after the mark, or takes too long. */
async function apply(
  pool: Pool,
  subscriber: string,
  events: readonly EsmsEvent[],
  delivery: EsmsDelivery,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(EFFECT, [subscriber, JSON.stringify(events)]);
    const fate = Math.random();
    if (fate < 0.005) throw new Error('before the mark');
    if (fate < 0.006) await sleep(1_800);
    await delivery.complete(client);
    if (fate > 0.995) throw new Error('after the mark');
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(error as Error);
    throw error;
  }
}

let database: TestDatabase;

beforeAll(async () => {
  database = await createDispatcherDatabase();
  await query(
    database.url,
    'create table effects (n bigint generated always as identity, subscriber text, subject text, sequence bigint)',
  );
});

afterAll(() => database.drop());

describe(`${DISPATCHERS} dispatchers, ${EVENTS} events of ${MESSAGES} messages, killed at random`, () => {
  const kills = { count: 0 };

  beforeAll(
    async () => {
      const receiver = await DispatcherInstance.start(database.url, { dispatcher: false });
      const alive = await Promise.all(Array.from({ length: DISPATCHERS }, () => Mortal.start(database.url)));
      const startedAt = performance.now();
      const writing = raiseMany(receiver, { messages: MESSAGES, each: EVENTS / MESSAGES });
      let isWritten = false;
      const written = writing.finally(() => (isWritten = true));
      const dying: Promise<void>[] = [];
      const isDone = async (): Promise<boolean> =>
        isWritten && (await receiver.subscriptions.list()).every(({ lag, parked }) => lag + parked === 0);
      while (!(await isDone())) {
        await sleep(200 + Math.random() * 600);
        const index = Math.floor(Math.random() * DISPATCHERS);
        dying.push((alive[index] as Mortal).kill());
        kills.count += 1;
        alive[index] = await Mortal.start(database.url);
      }
      await written;
      const seconds = (performance.now() - startedAt) / 1_000;
      console.log(`${EVENTS} events to 3 subscribers in ${seconds.toFixed(1)} s, ${kills.count} kills`);
      await Promise.all([...dying, ...alive.map((each) => each.stop())]);
      await receiver.stop();
    },
    EVENTS * 20 + 60_000,
  );

  it.each(['batches', 'singles'])('%s: each effect once, in the order of its message', async (subscriber) => {
    const [found] = await query(
      database.url,
      `select count(*)::int as effects, count(distinct (subject, sequence))::int as events,
         count(*) filter (where before is distinct from nullif(sequence - 1, 0))::int as disorder
       from (select *, lag(sequence) over (partition by subject order by n) as before
             from effects where subscriber = '${subscriber}') each`,
    );
    expect(found).toEqual({ effects: EVENTS, events: EVENTS, disorder: 0 });
    expect(kills.count).toBeGreaterThan(3);
  });

  it('at-least-once: each effect at least once, first in the order of its message', async () => {
    const [found] = await query(
      database.url,
      `select count(*)::int as events, sum(times)::int as effects,
         count(*) filter (where before is distinct from nullif(sequence - 1, 0))::int as disorder
       from (select subject, sequence, count(*) as times,
               lag(sequence) over (partition by subject order by min(n)) as before
             from effects where subscriber = 'at-least-once' group by subject, sequence) each`,
    );
    console.log(`${found?.['effects'] - EVENTS} of ${EVENTS} more than once`);
    expect(found).toMatchObject({ events: EVENTS, disorder: 0 });
  });
});
