import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'vitest';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { DeliveryClaims } from '../../src/events/delivery-claims.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createTestDatabase } from '../support/test-database.js';

const EVENTS = 20_000;

/** A measurement, not a test: `DISPATCHER_RATE=1 npx vitest run test/integration/dispatcher-rate.spec.ts`. */
describe.skipIf(!process.env['DISPATCHER_RATE'])('how fast the dispatcher is', { timeout: 600_000 }, () => {
  it.each([
    [1, 0],
    [1, 200],
    [3, 0],
    [3, 200],
  ])('%d subscribers, batches of %d', async (subscribers, batch) => {
    const database = await createTestDatabase();
    let count = 0;
    const providers = Array.from({ length: subscribers }, (_, index) =>
      eventHandler({ subscriber: `s${index}`, ...(batch > 0 && { batch }) }, (events) => (count += events.length)),
    );
    const instance = await DispatcherInstance.start(database.url, { providers });
    for (let index = 0; index < subscribers; index += 1) await instance.subscriptions.pause(`s${index}`);
    await raiseMany(instance, { messages: EVENTS / 4, each: 4 });
    const at = performance.now();
    for (let index = 0; index < subscribers; index += 1) await instance.subscriptions.resume(`s${index}`);
    while (count < EVENTS * subscribers) await sleep(5);
    const rate = (EVENTS / (performance.now() - at)) * 1_000;
    console.log(`${subscribers} subscribers, batch ${batch}: ${rate.toFixed(0)} events/s to each`);
    await instance.stop();
    await database.drop();
  });

  it('from commit to handler, with nothing else to do', async () => {
    const database = await createTestDatabase();
    let handled: () => void = () => undefined;
    const instance = await DispatcherInstance.start(database.url, {
      providers: [eventHandler({ subscriber: 's' }, () => handled())],
    });
    const latencies: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      await sleep(20);
      const isHandled = new Promise<void>((resolve) => (handled = resolve));
      await raise(instance, makeEvent(`m-${index}`, 1));
      const at = performance.now();
      await isHandled;
      latencies.push(performance.now() - at);
    }
    latencies.sort((a, b) => a - b);
    console.log(`commit to handler: p50 ${latencies[100]?.toFixed(1)} ms, p99 ${latencies[198]?.toFixed(1)} ms`);
    await instance.stop();
    await database.drop();
  });

  it('claims with a million delivered rows behind them', async () => {
    const database = await createTestDatabase();
    const instance = await DispatcherInstance.start(database.url, {
      providers: [eventHandler({ subscriber: 's', batch: 50 }, () => undefined)],
    });
    await instance.subscriptions.pause('s');
    await query(database.url, `insert into esms.subscribers (name, patterns) values ('t', '{}')`);
    const claims = instance.app.get(DeliveryClaims, { strict: false });
    const measure = async (prefix: string): Promise<string> => {
      await query(database.url, `update esms.subscribers set patterns = '{*}' where name = 't'`);
      await raiseMany(instance, { messages: 5_000, each: 1, prefix });
      const times: number[] = [];
      for (let index = 0; index < 100; index += 1) {
        const at = performance.now();
        const wanted = { subscriber: 't', types: EVENT_TYPES, limit: 50, freshOnly: false, leaseMs: 60_000 };
        await claims.claim({ ...wanted, lease: randomUUID() });
        times.push(performance.now() - at);
      }
      times.sort((a, b) => a - b);
      return `${times[50]?.toFixed(1)} ms (p99 ${times[98]?.toFixed(1)})`;
    };
    const empty = await measure('first');
    await query(
      database.url,
      `with added as (
         insert into esms.events (account, subject, sequence, id, type, occurred_at, data)
         select 'default', 'old-' || n, 1, gen_random_uuid(), 'message.sent', now(), '{}' from generate_series(1, 1000000) n
         returning account, subject, sequence, position)
       insert into esms.deliveries (account, subject, subscriber, sequence, position, settled_at, attempts)
       select account, subject, 't', sequence, position, now(), 1 from added`,
    );
    console.log(`claim of 50: ${empty}; with 10^6 delivered behind: ${await measure('second')}`);
    await instance.stop();
    await database.drop();
  });
});
