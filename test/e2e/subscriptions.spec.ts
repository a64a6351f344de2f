import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

const post = (path: string, key: string = KEYS.shared, body?: unknown) =>
  service.api(`/subscriptions/${path}`, { method: 'POST', key, body });

describe('GET /subscriptions', () => {
  it('shows our own subscribers to a key that may read', async () => {
    const { body } = await service.api('/subscriptions', { key: KEYS.read });
    const rest = { account: null, hosted: true, paused: false, lag: 0, waitingSince: null, parked: 0 };
    const outcomes = ['delivered', 'partially_delivered', 'rejected', 'undelivered', 'unknown'];
    expect(body).toEqual({
      items: [
        { name: 'billing', patterns: ['message.cost_changed'], ...rest },
        { name: 'crm', patterns: outcomes.map((outcome) => `message.${outcome}`), ...rest },
      ],
    });
  });

  it("counts what is of the caller's account", async () => {
    expect((await post('billing/pause')).body).toMatchObject({ name: 'billing', paused: true });
    await service.callbacks(callbackQuery('paused-1', { TotalPrice: '470.0000' }));
    const lagFor = async (key: string): Promise<unknown> => {
      const { body } = await service.api<{ items: { lag: number }[] }>('/subscriptions', { key });
      return body.items[0]?.lag;
    };
    expect([await lagFor(KEYS.all), await lagFor(KEYS.acme)]).toEqual([1, 0]);
    expect((await service.ledger('paused-1')).totals).toEqual([]);
    expect((await post('billing/resume')).body).toMatchObject({ paused: false });
    await service.settled();
    expect((await service.ledger('paused-1')).totals).toEqual(['470.0000']);
  });
});

describe('what changes a subscriber', () => {
  it.each(['billing/pause', 'billing/resume', 'billing/replay', 'billing/parked/requeue', 'billing/parked/skip'])(
    '%s needs the scope operate',
    async (path) => {
      expect((await post(path, KEYS.bare)).status).toBe(403);
    },
  );

  it.each([
    ['POST', 'billing/pause'],
    ['POST', 'billing/resume'],
    ['POST', 'billing/narrow'],
    ['POST', 'crm/replay'],
    ['DELETE', 'crm'],
  ])('%s %s needs a key without an account, since it serves all accounts', async (method, path) => {
    const body = path.endsWith('replay') ? { from: '2026-01-01' } : undefined;
    const before = await service.api('/subscriptions', { key: KEYS.shared });
    for (const key of [KEYS.all, KEYS.acme]) {
      const refused = await service.api(`/subscriptions/${path}`, { method, key, body });
      expect([refused.status, refused.body['detail']]).toEqual([403, expect.stringContaining('serves all accounts')]);
    }
    expect(await service.api('/subscriptions', { key: KEYS.shared })).toMatchObject({ body: before.body });
  });

  it('of a webhook needs a key of its account, and is not seen by another one', async () => {
    const asked = { method: 'POST', body: { url: 'https://example.com/hook', events: ['*'] }, key: KEYS.acme };
    const { body } = await service.api<{ id: string }>('/webhooks', asked);
    const subscriber = `webhook:${body.id}`;
    expect((await post(`${subscriber}/pause`, KEYS.all)).status).toBe(404);
    for (const key of [KEYS.acme, KEYS.shared]) {
      expect((await post(`${subscriber}/pause`, key)).body).toMatchObject({ account: 'acme', paused: true });
      expect((await post(`${subscriber}/resume`, key)).body).toMatchObject({ account: 'acme', paused: false });
    }
    await service.api(`/webhooks/${body.id}`, { method: 'DELETE', key: KEYS.acme });
  });

  it('touches nothing of an account that is not its own', async () => {
    expect((await post('billing/parked/requeue?account=acme', KEYS.all)).body).toEqual({ count: 0 });
    expect((await post('billing/parked/skip?acount=acme')).status).toBe(400);
  });

  it('is 404 for a subscriber that is not there, and for what is not parked', async () => {
    expect((await post('none/pause')).status).toBe(404);
    expect((await service.api('/subscriptions/none/parked')).status).toBe(404);
    expect((await service.api('/subscriptions/none', { method: 'DELETE', key: KEYS.shared })).status).toBe(404);
    expect((await post('billing/parked/877bc4ed-64b5-8d9b-bb5b-ec7733a320e1/requeue')).status).toBe(404);
  });

  it('is refused while it is hosted', async () => {
    const { status, body } = await service.api('/subscriptions/crm', { method: 'DELETE', key: KEYS.shared });
    expect([status, body['detail']]).toEqual([409, expect.stringContaining('still hosted')]);
  });

  it('replays without posting anything twice', async () => {
    const before = await service.ledger('paused-1');
    expect((await post('billing/replay', KEYS.shared, { from: 'soon' })).status).toBe(400);
    expect((await post('billing/replay', KEYS.shared, { from: '2020-01-01' })).status).toBe(200);
    await service.settled();
    expect(await service.ledger('paused-1')).toEqual(before);
  });
});
