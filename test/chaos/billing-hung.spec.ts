import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { OPEN_DELIVERIES } from '../support/open-deliveries.js';
import { Service } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** `BILLING_HUNG_MS=60000` is the whole of it. */
const HUNG_MS = Number(process.env['BILLING_HUNG_MS'] ?? 6_000);
const CALM_MS = 3_000;

let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await Service.listen(database);
  await vi.waitFor(async () => expect((await service.api('/health/ready')).status).toBe(200));
});

afterAll(() => service.stop());

interface Latencies {
  answer: number[];
  crm: number[];
}

/** Callbacks for so long, 20 ms apart: how long each answer took, and how long until CRM had it. */
async function load(name: string, milliseconds: number): Promise<Latencies> {
  const latencies: Latencies = { answer: [], crm: [] };
  const end = performance.now() + milliseconds;
  for (let index = 0; performance.now() < end; index += 1) {
    const smsId = `${name}-${index}`;
    const at = performance.now();
    await service.callbacks(callbackQuery(smsId, { TotalPrice: '470.0000' }));
    latencies.answer.push(performance.now() - at);
    const noted = `select from esms.contact_entries where sms_id = '${smsId}'`;
    while ((await service.rows(noted)).length === 0) await sleep(1);
    latencies.crm.push(performance.now() - at);
    await sleep(20);
  }
  return latencies;
}

const at = (share: number, values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;

it('billing that hangs in its transaction leaves answers and CRM as fast as they were', {
  timeout: HUNG_MS + 60_000,
}, async () => {
  await load('warm', 1_000);
  const calm = await load('calm', CALM_MS);
  const locker = new Client({ connectionString: database.url });
  await locker.connect();
  await locker.query('begin');
  await locker.query('lock table esms.ledger in access exclusive mode');
  const hung = await load('hung', HUNG_MS);
  const [waiting] = await service.rows(
    `select count(*)::int as lag from (${OPEN_DELIVERIES}) each where subscriber = 'billing'`,
  );
  await locker.query('rollback');
  await locker.end();
  await service.settled();
  for (const [name, before, during] of [
    ['answer', calm.answer, hung.answer],
    ['crm', calm.crm, hung.crm],
  ] as const) {
    const figures = [0.5, 0.99].map((share) => `${at(share, before).toFixed(1)} → ${at(share, during).toFixed(1)}`);
    console.log(`${name}: p50 ${figures[0]} ms, p99 ${figures[1]} ms, ${during.length} callbacks`);
    expect(at(0.5, during)).toBeLessThan(at(0.5, before) * 2 + 5);
  }
  expect(waiting?.['lag']).toBe(hung.answer.length);
  const [posted] = await service.rows(
    'select count(*)::int as count, count(distinct sms_id)::int as messages from esms.ledger',
  );
  expect(posted?.['count']).toBe(posted?.['messages']);
  expect(await service.rows(`select from esms.deliveries where parked_at is not null`)).toEqual([]);
});
