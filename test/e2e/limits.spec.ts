import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';

const PER_ACCOUNT = 3;

let service: Service;

beforeAll(async () => {
  service = await Service.start({ perAccount: PER_ACCOUNT, allowPrivateNetworks: true });
});

afterAll(() => service.stop());

const times = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index));

const statuses = (answers: readonly { status: number }[]): number[] => answers.map(({ status }) => status).toSorted();

describe('the webhooks of an account', () => {
  const add = (key: string = KEYS.all) =>
    service.api<{ id: string; detail: string }>('/webhooks', {
      method: 'POST',
      key,
      body: { url: 'https://hooks.example.vn/x', enabled: false },
    });
  const remove = (id: string) => service.api(`/webhooks/${id}`, { method: 'DELETE' });

  it('are no more than it may have, also where they are added at once', async () => {
    const answers = await Promise.all(times(10, () => add()));
    expect(statuses(answers)).toEqual([...times(PER_ACCOUNT, () => 201), ...times(7, () => 409)]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.detail).toMatch(/^account default has 3 webhooks, as many as it may: remove one, or/);
    expect((await add(KEYS.acme)).status).toBe(201);
    const added = answers.flatMap(({ status, body }) => (status === 201 ? [body.id] : []));
    await remove(added[0] as string);
    const again = await add();
    expect(again.status).toBe(201);
    for (const id of [...added.slice(1), again.body.id]) await remove(id);
  });

  it('are tested one call at a time', async () => {
    const held: ServerResponse[] = [];
    const receiver = createServer((_request, response) => void held.push(response));
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const { body } = await service.api<{ id: string }>('/webhooks', { method: 'POST', body: { url, enabled: false } });
    const ping = () => service.api(`/webhooks/${body.id}/ping`, { method: 'POST' });
    const first = ping();
    await expect.poll(() => held.length).toBe(1);
    const second = await ping();
    expect(second).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(second.body['detail']).toMatch(/^a test of this webhook is under way/);
    held[0]?.writeHead(204).end();
    expect(await first).toMatchObject({ status: 200, body: { status: 204 } });
    await remove(body.id);
    receiver.close();
    receiver.closeAllConnections();
  });
});

describe('the registrations of one RequestId', () => {
  it('are as many as may be read with every callback', async () => {
    const bodies = times(101, (index) => ({ ref: `crowd-${index}`, requestId: 'crowd' }));
    const { body } = await service.register<{ items: { status: number; error?: { detail: string } }[] }>(bodies);
    expect(statuses(body.items)).toEqual([...times(100, () => 201), 409]);
    expect(body.items.find(({ status }) => status === 409)?.error?.detail).toMatch(
      /^100 registrations have this RequestId, as many as may: give each send a RequestId of its own, or register by/,
    );
    expect((await service.register(bodies[3])).status).toBe(200);
    expect((await service.register({ ...bodies[4], metadata: { more: 1 } })).status).toBe(200);
    expect((await service.register({ ref: 'alone' })).status).toBe(201);
    expect((await service.register({ ref: 'alone', requestId: 'crowd' })).status).toBe(409);
    expect((await service.register({ ref: 'crowd-acme', requestId: 'crowd' }, KEYS.acme)).status).toBe(201);
    await service.callbacks(callbackQuery('crowd-callback', { RequestId: 'crowd' }));
    expect(await service.message('crowd-callback')).toMatchObject({ registered: true, ref: 'crowd-0' });
  });
});

describe('what one request brings', () => {
  const fields = Object.fromEntries(times(100_000, (index) => [`field${index}`, 1]));

  it.each([
    ['a registration of many fields', 'POST', '/messages', { ref: 'a', ...fields }],
    ['a webhook of many fields', 'POST', '/webhooks', { url: 'https://hooks.example.vn', ...fields }],
    ['a query of many parameters', 'GET', `/messages?${times(5_000, (index) => `p${index}=1`).join('&')}`, undefined],
    ['a webhook of many events', 'POST', '/webhooks', { url: 'https://hooks.example.vn', events: Object.keys(fields) }],
    ['a field with a name of a megabyte', 'POST', '/messages', { ref: 'a', ['x'.repeat(1_000_000)]: 1 }],
    ['a long list of types', 'GET', `/events?types=${times(2_000, () => 'message.*').join(',')}`, undefined],
  ])('is refused at once where it is %s, in few words', async (_what, method, path, body) => {
    const answer = await service.api(path, { method, body });
    expect(answer.status).toBe(400);
    expect(answer.text.length).toBeLessThan(3_000);
  });

  it('is refused in a list, where it is too much, by itself', async () => {
    const { body } = await service.register<{ items: { status: number; error: { detail: string } }[] }>([
      { ref: 'many-fields', ...fields },
      { ref: 'few-fields' },
    ]);
    expect(body.items.map(({ status }) => status)).toEqual([400, 201]);
    expect(body.items[0]?.error.detail).toBe('at most 50 fields, not 100001');
  });
});

describe('the requests of one key', () => {
  it('wait for events in a small number, and hold up no other key', async () => {
    const wait = (seconds: number, key: string = KEYS.read) =>
      service.api(`/events?after=now&wait=${seconds}`, { key });
    const waiting = times(20, () => wait(30));
    await expect.poll(async () => (await wait(1)).status).toBe(429);
    const refused = await wait(1);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.body['detail']).toMatch(/^an API key may have 20 requests waiting at GET \/events: end one, or ask/);
    expect((await wait(0)).status).toBe(200);
    expect((await wait(1, KEYS.bare)).status).toBe(200);
    await service.callbacks(callbackQuery('waited-for'));
    expect(statuses(await Promise.all(waiting))).toEqual(times(20, () => 200));
    expect((await wait(1)).status).toBe(200);
  });

  it('leave connections to others, however long they take and however many they are', async () => {
    const locker = new Client({ connectionString: service.databaseUrl });
    await locker.connect();
    try {
      await locker.query('begin; lock table esms.messages in access exclusive mode');
      const answered: number[] = [];
      const asked = times(4 + 200 + 10, async () => {
        const { status } = await service.api('/messages?state=sent', { key: KEYS.read });
        answered.push(status);
        return status;
      });
      await expect.poll(() => answered).toEqual(times(10, () => 429));
      for (const path of ['/quarantine', '/webhooks', '/subscriptions', '/billing/ledger']) {
        expect((await service.api(path)).status, path).toBe(200);
      }
      await locker.query('rollback');
      expect((await Promise.all(asked)).toSorted()).toEqual([...times(204, () => 200), ...times(10, () => 429)]);
    } finally {
      await locker.end();
    }
  });
});
