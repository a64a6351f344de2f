import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { openHandles } from '../support/open-handles.js';
import { raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createTestDatabase } from '../support/test-database.js';

/** `DISPATCHER_CYCLES=500` is the whole of it. */
const CYCLES = Number(process.env['DISPATCHER_CYCLES'] ?? 60);

it(`${CYCLES} starts and stops at any moment leave no connection, timer or lease behind`, {
  timeout: CYCLES * 1_000 + 20_000,
}, async () => {
  const database = await createTestDatabase();
  const count = async (): Promise<number> =>
    (
      await query(
        database.url,
        `select from pg_stat_activity where application_name like 'nestjs-esms%' and datname = current_database()`,
      )
    ).length;
  const cycle = async (index: number): Promise<void> => {
    const providers = [
      eventHandler({ subscriber: 'one' }, () => sleep(Math.random() * 3)),
      eventHandler({ subscriber: 'many', batch: 20 }, () => sleep(Math.random() * 3)),
    ];
    const isReady = index % 3 > 0;
    const instance = await DispatcherInstance.start(database.url, { providers, isReady });
    if (isReady) await raiseMany(instance, { messages: 30, each: 2, prefix: `cycle-${index}` });
    await sleep(Math.random() * 60);
    await instance.stop();
  };
  for (let index = 0; index < 6; index += 1) await cycle(index);
  const before = await openHandles();
  for (let index = 6; index < CYCLES; index += 1) await cycle(index);
  expect(await openHandles()).toEqual(before);
  await eventually(async () => expect(await count()).toBe(0));
  expect(await query(database.url, 'select from esms.deliveries where lease is not null')).toEqual([]);
  expect(await query(database.url, 'select from esms.cursors where lease is not null')).toEqual([]);
  expect(await query(database.url, 'select from esms.subscriber_hosts')).toEqual([]);
  await database.drop();
});
