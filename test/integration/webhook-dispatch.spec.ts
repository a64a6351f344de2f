import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { groupBy } from '../../src/domain/group-by.js';
import type { WebhookOptions } from '../../src/index.js';
import { resolveBySystem } from '../../src/events/webhooks/public-lookup.js';
import { WebhookClient } from '../../src/events/webhooks/webhook-client.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { type Received, WebhookReceiver } from '../support/webhook-receiver.js';

const OPTIONS: WebhookOptions = {
  allowPrivateNetworks: true,
  retryMs: [1, 20, 20, 20],
  attemptsKept: 20,
  timeoutMs: 60_000,
};

let database: TestDatabase;
let receiving: DispatcherInstance;
const workers: DispatcherInstance[] = [];
const receivers: WebhookReceiver[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  receiving = await DispatcherInstance.start(database.url, { dispatcher: false, webhooks: OPTIONS });
  for (const _ of [1, 2]) {
    workers.push(await DispatcherInstance.start(database.url, { dispatcher: { pollMs: 50 }, webhooks: OPTIONS }));
  }
});

afterAll(async () => {
  for (const each of receivers) await each.down();
  for (const each of [...workers, receiving]) await each.stop();
  await database.drop();
});

async function connect(through = receiving): Promise<{ id: string; receiver: WebhookReceiver }> {
  const receiver = await WebhookReceiver.start();
  receivers.push(receiver);
  const { id, secret } = await through.webhooks.add({ url: receiver.url });
  receiver.secrets = [secret];
  return { id, receiver };
}

const remove = (id: string) => receiving.webhooks.remove(id);

function expectInOrder(taken: readonly Received[]): void {
  for (const events of groupBy(taken, ({ subject }) => subject).values()) {
    const sequences = events.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted());
  }
}

it('added in one process is served by those that have a dispatcher', async () => {
  const { id, receiver } = await connect();
  await raiseMany(receiving, { messages: 20, each: 3, prefix: 'far' });
  await expect.poll(() => receiver.taken.length).toBe(60);
  expectInOrder(receiver.taken);
  const hosts = `select distinct host from esms.subscriber_hosts where subscriber = 'webhook:${id}'`;
  await expect.poll(() => query(database.url, hosts)).toHaveLength(2);
  await remove(id);
});

it('that refuses one event for good has it parked, and gets the others', async () => {
  const { id, receiver } = await connect();
  receiver.behave = ({ subject }) => (subject === 'poison' ? 422 : 204);
  await raise(receiving, makeEvent('poison', 1), makeEvent('fine', 1), makeEvent('poison', 2), makeEvent('fine', 2));
  await expect.poll(() => receiver.taken.map(({ subject }) => subject)).toEqual(['fine', 'fine']);
  const parked = () => receiving.subscriptions.parked(`webhook:${id}`);
  await expect.poll(async () => (await parked()).items).toMatchObject([{ subject: 'poison', attempts: 5 }]);
  receiver.behave = () => 204;
  await receiving.webhooks.change(id, { enabled: true });
  await expect.poll(() => receiver.taken.length).toBe(4);
  expectInOrder(receiver.taken);
  await remove(id);
});

describe('many of them', () => {
  it('get what is theirs while one hangs, one is away and one refuses everything', async () => {
    const hanging = await connect();
    hanging.receiver.behave = () => 'hang';
    const away = await connect();
    await away.receiver.down();
    const refusing = await connect();
    refusing.receiver.behave = () => 500;
    const well: Awaited<ReturnType<typeof connect>>[] = [];
    // One after the other: all at once they would wait for a connection, which a busy machine makes too late.
    while (well.length < 97) well.push(await connect());
    await raiseMany(receiving, { messages: 1, each: 2, prefix: 'many' });
    await expect.poll(() => well.filter(({ receiver }) => receiver.taken.length < 2).length).toBe(0);
    for (const { receiver } of well) {
      expect(receiver.taken).toHaveLength(2);
      expectInOrder(receiver.taken);
    }
    // Nobody had to wait for the time-out of the one that hangs.
    expect((await receiving.webhooks.attempts(hanging.id)).items).toEqual([]);
    for (const { id } of [hanging, away, refusing, ...well]) await remove(id);
  });
});

it('keeps as many attempts as it should', async () => {
  const { id, receiver } = await connect();
  await raiseMany(receiving, { messages: 15, each: 2, prefix: 'trimmed' });
  await expect.poll(() => receiver.taken.length).toBe(30);
  const { WebhookAttempts } = await import('../../src/events/webhooks/webhook-attempts.js');
  const attempts = receiving.app.get(WebhookAttempts, { strict: false });
  const kept = () => query(database.url, `select at from esms.webhook_attempts where webhook = '${id}'`);
  await expect.poll(kept).toHaveLength(30);
  await attempts.trim();
  expect(await kept()).toHaveLength(20);
  const first = await receiving.webhooks.attempts(id, { limit: 15 });
  expect([first.items.length, first.nextCursor]).toEqual([15, expect.any(String)]);
  await remove(id);
});

it('gives its attempts the latest first, page by page, whatever their numbers', async () => {
  const { id } = await connect();
  // So that some of the numbers have a digit more.
  await query(database.url, `select setval(pg_get_serial_sequence('esms.webhook_attempts', 'position'), 99995)`);
  await raiseMany(receiving, { messages: 12, each: 1, prefix: 'paged' });
  const places = `select from esms.webhook_attempts where webhook = '${id}'`;
  await expect.poll(() => query(database.url, places)).toHaveLength(12);
  const inOrder = await query(
    database.url,
    `select event_id from esms.webhook_attempts a where webhook = '${id}' order by a.position desc`,
  );
  const paged: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await receiving.webhooks.attempts(id, { limit: 5, ...(cursor && { cursor }) });
    paged.push(...page.items.map(({ eventId }) => eventId));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(inOrder.map((row) => row['event_id']));
  await remove(id);
});

describe('a receiver that refuses everything', () => {
  let own: TestDatabase;
  let instance: DispatcherInstance;

  afterEach(async () => {
    await instance.stop();
    await own.drop();
  });

  async function startWith(retryMs: number[]): Promise<{ id: string; receiver: WebhookReceiver }> {
    own = await createTestDatabase();
    const webhooks = { ...OPTIONS, retryMs };
    instance = await DispatcherInstance.start(own.url, { dispatcher: { pollMs: 50 }, webhooks });
    return connect(instance);
  }

  it('gets what waits for days as soon as it takes anything', async () => {
    const { receiver } = await startWith([10, 50, 24 * 3_600_000]);
    receiver.behave = () => 500;
    await raise(instance, makeEvent('waiting', 1), makeEvent('waiting', 2));
    await expect.poll(() => receiver.calls).toBe(3);
    receiver.behave = () => 204;
    await sleep(200);
    expect(receiver.taken).toEqual([]);
    await raise(instance, makeEvent('fresh', 1));
    await expect.poll(() => receiver.taken.length).toBe(3);
    expectInOrder(receiver.taken);
  });

  it('is spared: ten in a row, and those that were under way', async () => {
    const { receiver } = await startWith([24 * 3_600_000]);
    receiver.behave = () => 500;
    await raiseMany(instance, { messages: 100, each: 1, prefix: 'spared' });
    await expect.poll(() => receiver.calls).toBeGreaterThanOrEqual(10);
    await sleep(500);
    expect(receiver.calls).toBeLessThanOrEqual(14);
    const untried = 'select from esms.deliveries where settled_at is null and due_at <= now() and attempts = 0';
    await expect.poll(async () => (await query(own.url, untried)).length).toBeGreaterThanOrEqual(86);
  });
});

it('reads no more of an answer than it needs, however long that is, and shows it where it came from outside', async () => {
  let sent = 0;
  const endless = createServer((_request, response) => {
    response.writeHead(200);
    const more = (): void => {
      sent += 1;
      if (!response.destroyed) response.write('x'.repeat(16_384), more);
    };
    more();
  });
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
  const { port } = endless.address() as AddressInfo;
  const client = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 10_000 });
  const answer = await client.post(`http://127.0.0.1:${port}/`, {}, '{}');
  expect(answer).toMatchObject({ status: 200, response: null, wasReached: true });
  const shown = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 10_000 }, resolveBySystem, () => true);
  const fromOutside = await shown.post(`http://127.0.0.1:${port}/`, {}, '{}');
  shown.onApplicationShutdown();
  expect(fromOutside).toMatchObject({ status: 200, response: 'x'.repeat(1_000), wasReached: true });
  client.onApplicationShutdown();
  await new Promise((resolve) => endless.close(resolve));
  expect(sent).toBeLessThan(2_000);
});

it('tells one that is gone from one that is busy, also on a connection that was kept', async () => {
  const client = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 10_000 });
  const receiver = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => receiver.listen(0, 'localhost', resolve));
  const url = `http://localhost:${(receiver.address() as AddressInfo).port}/`;
  expect(await client.post(url, {}, '{}')).toMatchObject({ status: 200, wasReached: true });
  // Closed under the next call: it goes over the connection that was kept, and then over none.
  receiver.on('request', (request) => request.socket.destroy());
  receiver.close();
  const gone = await client.post(url, {}, '{}');
  expect(gone).toMatchObject({ status: null, wasReached: false, error: expect.stringContaining('ECONNREFUSED') });
  client.onApplicationShutdown();
});

it('waits for an answer as long as it should, and no longer', async () => {
  const client = new WebhookClient({ allowPrivateNetworks: true, timeoutMs: 100 });
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const answer = await client.post(`http://127.0.0.1:${port}/`, {}, '{}');
  expect(answer).toMatchObject({ status: null, error: 'no answer within 100 ms', wasReached: true });
  client.onApplicationShutdown();
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
});
