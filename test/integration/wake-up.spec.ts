import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { eventually } from '../support/eventually.js';
import { HalfOpenProxy } from '../support/half-open-proxy.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const APPLICATION = 'nestjs-esms-wake-up';
const POLL_MS = 2_000;

let database: TestDatabase;
let proxy: HalfOpenProxy;
let worker: DispatcherInstance;
let receiver: DispatcherInstance;
let got: string[];
let raised = 0;

beforeEach(async () => {
  got = [];
  database = await createTestDatabase();
  proxy = await HalfOpenProxy.start(database.url, APPLICATION);
  worker = await DispatcherInstance.start(proxy.url, {
    providers: [eventHandler({ subscriber: 's' }, ([event]) => got.push(event?.subject ?? ''))],
    dispatcher: { pollMs: POLL_MS },
  });
  receiver = await DispatcherInstance.start(database.url, { dispatcher: false });
  await comeBack();
});

afterEach(async () => {
  await receiver.stop();
  await worker.stop();
  await proxy.close();
  await database.drop();
});

/** Milliseconds from a commit in one process to the handler in another. */
async function latency(): Promise<number> {
  // A claim follows each handled event, and would find one that comes right after it.
  await sleep(100);
  const subject = `m-${(raised += 1)}`;
  const at = performance.now();
  await raise(receiver, makeEvent(subject, 1));
  await eventually(() => expect(got).toContain(subject));
  return performance.now() - at;
}

/** Until three events in a row were told of, and not polled: a busy machine may need many. */
async function comeBack(): Promise<void> {
  for (let quick = 0; quick < 3; ) quick = (await latency()) < 300 ? quick + 1 : 0;
}

it('goes on at the poll interval behind a half-open connection, and comes back', async () => {
  proxy.isDead = true;
  const during = [await latency(), await latency()];
  expect(Math.min(...during)).toBeGreaterThan(300);
  await sleep(3_000);
  proxy.isDead = false;
  await comeBack();
});

it('comes back after its session is terminated', async () => {
  await query(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${APPLICATION}'`,
  );
  await comeBack();
});
