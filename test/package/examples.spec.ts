import { afterAll, afterEach, beforeAll, expect, inject, it, vi } from 'vitest';
import type { MessageView } from '../../src/index.js';
import { esmsCallback } from '../../src/testing.js';
import { query } from '../support/query.js';
import { createBareDatabase, type TestDatabase } from '../support/test-database.js';
import { STAFF_KEY, StrangeHost } from './strange-host.js';

let database: TestDatabase;
let host: StrangeHost;

beforeAll(async () => {
  database = await createBareDatabase();
  host = await StrangeHost.installExamples(inject('tarball'), database.url);
  const built = await host.run('npm', 'run', 'build');
  expect(built.code, built.output).toBe(0);
});

afterEach(() => host.shutDown());

afterAll(async () => {
  await host?.remove();
  await database.drop();
});

it('the smallest embed receives', async () => {
  await host.bootQuiet('dist/smallest-embed/main.js', '/', 404);
  expect(await host.callback('', esmsCallback({ smsId: 'smallest' }))).toMatchObject({ status: 200, text: 'OK' });
  // It listens at once: until the first migration has run, callbacks go to the spool.
  await vi.waitFor(
    async () =>
      expect(await query(database.url, 'select sms_id, outcome from esms.v1_messages')).toEqual([
        { sms_id: 'smallest', outcome: 'delivered' },
      ]),
    { timeout: 30_000, interval: 50 },
  );
});

it('the company backend places an order, and invoices what its message cost', async () => {
  await bootCompany();
  const body = { phone: '0901888484', text: 'On its way' };
  const placed = await host.get<{ id: string }>('/orders', { method: 'POST', body });
  expect(placed.status, placed.text).toBe(201);
  const { id } = placed.body;
  expect((await orderOf(id)).body).toMatchObject({ message: { ref: id, state: 'pending' }, invoiced: '0.0000' });

  for (const price of ['850.0000', '900.0000']) {
    const callback = esmsCallback({ smsId: 'of-the-order', requestId: id, price });
    expect(await host.callback('/esms', callback)).toMatchObject({ status: 200, text: 'OK' });
  }
  const expected = { message: { smsId: 'of-the-order', outcome: 'delivered' }, invoiced: '900.0000' };
  const isInvoiced = async (): Promise<void> => expect((await orderOf(id)).body).toMatchObject(expected);
  await vi.waitFor(isInvoiced, { timeout: 30_000, interval: 50 });
  expect(await query(database.url, `select amount from invoice_lines order by amount`)).toEqual([
    { amount: '50.0000' },
    { amount: '850.0000' },
  ]);
});

it('the company backend takes an order as soon as it listens', async () => {
  await host.bootQuiet('dist/company-backend/main.js', '/', 404);
  const placed = await host.get('/orders', { method: 'POST', body: { phone: '0901888484', text: 'At once' } });
  expect(placed.status, placed.text).toBe(201);
});

it('an order whose message cannot be registered is not there either', async () => {
  await bootCompany();
  const before = await query(database.url, 'select from orders');
  const body = { phone: 'x'.repeat(500), text: 'On its way' };
  const refused = await host.get('/orders', { method: 'POST', body });
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('recipient');
  expect(await query(database.url, 'select from orders')).toHaveLength(before.length);
});

it('the API is for staff', async () => {
  await bootCompany();
  expect((await host.get('/esms/messages')).status).toBe(403);
  expect((await host.get('/esms/messages', { headers: { 'x-staff-key': STAFF_KEY } })).status).toBe(200);
});

const bootCompany = (): Promise<void> => host.bootQuiet('dist/company-backend/main.js', '/esms/health/ready', 200);

function orderOf(id: string): ReturnType<typeof host.get<{ message: MessageView; invoiced: string }>> {
  return host.get(`/orders/${id}`);
}
