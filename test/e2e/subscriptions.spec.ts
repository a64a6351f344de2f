import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

const post = (path: string, key: string = KEYS.all, body?: unknown) =>
  service.api(`/subscriptions/${path}`, { method: 'POST', key, body });

describe('GET /subscriptions', () => {
  it('shows our own subscribers to a key that may read', async () => {
    const { body } = await service.api('/subscriptions', { key: KEYS.read });
    const rest = { hosted: true, paused: false, lag: 0, parked: 0 };
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

  it('touches nothing of an account that is not its own', async () => {
    expect((await post('billing/parked/requeue?account=acme')).body).toEqual({ count: 0 });
    expect((await post('billing/parked/skip?acount=acme')).status).toBe(400);
  });

  it('is 404 for a subscriber that is not there, and for what is not parked', async () => {
    expect((await post('none/pause')).status).toBe(404);
    expect((await service.api('/subscriptions/none/parked')).status).toBe(404);
    expect((await service.api('/subscriptions/none', { method: 'DELETE' })).status).toBe(404);
    expect((await post('billing/parked/877bc4ed-64b5-8d9b-bb5b-ec7733a320e1/requeue')).status).toBe(404);
  });

  it('is refused while it is hosted', async () => {
    const { status, body } = await service.api('/subscriptions/crm', { method: 'DELETE' });
    expect([status, body['detail']]).toEqual([409, expect.stringContaining('still hosted')]);
  });

  it('replays without posting anything twice', async () => {
    const before = await service.ledger('paused-1');
    expect((await post('billing/replay', KEYS.all, { from: 'soon' })).status).toBe(400);
    expect((await post('billing/replay', KEYS.all, { from: '2020-01-01' })).status).toBe(200);
    await service.settled();
    expect(await service.ledger('paused-1')).toEqual(before);
  });
});
