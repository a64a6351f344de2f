import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { groupBy } from '../../src/domain/group-by.js';
import type { Webhook, WebhookAttempt } from '../../src/index.js';
import { callbackQuery } from '../support/callback-query.js';
import { type Answer, KEYS, Service, TOKENS } from '../support/service.js';
import { type Received, WebhookReceiver } from '../support/webhook-receiver.js';

type Added = Webhook & { secret: string };

/** The schedule of days, an hour of it in 10 ms. */
const HOUR_MS = 10;
const RETRY_MS = [1, 1, 5, 20, 50, 100, 140, 200, 240].map((ms) => (ms * HOUR_MS) / 10);

let service: Service;
const receivers: WebhookReceiver[] = [];

beforeAll(async () => {
  service = await Service.start({ allowPrivateNetworks: true, retryMs: RETRY_MS, attemptsKept: 500 });
});

afterEach(async () => {
  for (const { id } of (await service.api<{ items: Webhook[] }>('/webhooks')).body.items) {
    await service.api(`/webhooks/${id}`, { method: 'DELETE' });
  }
  for (const receiver of receivers.splice(0)) await receiver.down();
});

afterAll(() => service.stop());

const post = <Body = Webhook>(path: string, body?: unknown, key?: string): Promise<Answer<Body>> =>
  service.api<Body>(`/webhooks${path}`, { method: 'POST', body, ...(key !== undefined && { key }) });
const patch = (id: string, body: unknown): Promise<Answer<Webhook>> =>
  service.api<Webhook>(`/webhooks/${id}`, { method: 'PATCH', body });
const get = async (id: string): Promise<Webhook> => (await service.api<Webhook>(`/webhooks/${id}`)).body;
const attemptsOf = async (id: string): Promise<WebhookAttempt[]> =>
  (await service.api<{ items: WebhookAttempt[] }>(`/webhooks/${id}/attempts?limit=500`)).body.items;

/** A receiver and the webhook that calls it. */
async function connect(settings: object = {}, key?: string): Promise<{ receiver: WebhookReceiver; hook: Added }> {
  const receiver = await WebhookReceiver.start();
  receivers.push(receiver);
  const { status, text, body: hook } = await post<Added>('', { url: receiver.url, ...settings }, key);
  expect(status, text).toBe(201);
  receiver.secrets = [hook.secret];
  return { receiver, hook };
}

/** Callbacks that make `sent`, then `delivered` with a price, of each message. */
async function send(...smsIds: readonly string[]): Promise<void> {
  await service.callbacks(...smsIds.map((smsId) => callbackQuery(smsId, { SendStatus: '7' })));
  await service.callbacks(...smsIds.map((smsId) => callbackQuery(smsId, { phonenumber: '0901888484' })));
}

async function took({ taken }: WebhookReceiver, count: number): Promise<void> {
  await expect.poll(() => taken.length).toBe(count);
}

const shortType = ({ type }: Received): string => type.slice('vn.nestjs-esms.'.length);

/** Each event once, those of one message in their order. */
function expectInOrder(taken: readonly Received[]): void {
  expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
  for (const events of groupBy(taken, ({ subject }) => subject).values()) {
    const sequences = events.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted());
  }
}

describe('a webhook', () => {
  it('gets the events it asked for, signed, and not who they went to', async () => {
    const { receiver, hook } = await connect({ events: ['message.sent', 'message.delivered'], description: 'the CRM' });
    await send('hook-1');
    await took(receiver, 2);
    expect(receiver.taken.map(shortType)).toEqual(['message.sent.v1', 'message.delivered.v1']);
    expect(receiver.taken[1]).toMatchObject({ subject: 'hook-1', account: 'default' });
    expect(receiver.bodies.join()).not.toMatch(/recipient|0901888484/);
    expect(receiver.disbelieved).toEqual([]);
    expect(await get(hook.id)).toEqual({
      id: hook.id,
      url: receiver.url,
      subscriber: `webhook:${hook.id}`,
      events: ['message.sent', 'message.delivered'],
      description: 'the CRM',
      enabled: true,
      failingSince: null,
      notice: null,
      createdAt: hook.createdAt,
    });
    const attempts = await attemptsOf(hook.id);
    expect(attempts.map(({ type, attempt, status }) => [type, attempt, status])).toEqual([
      ['message.delivered', 1, 204],
      ['message.sent', 1, 204],
    ]);
    expect(attempts[1]?.eventId).toBe(receiver.taken[0]?.id);
  });

  it('is a subscriber of its account alone', async () => {
    const { receiver, hook } = await connect({}, KEYS.acme);
    await send('hook-of-default');
    await service.callback(callbackQuery('hook-of-acme'), { token: TOKENS.acme });
    await took(receiver, 2);
    expect((await post(`/${hook.id}/replay`, { from: '2020-01-01' }, KEYS.acme)).status).toBe(200);
    await took(receiver, 4);
    const accounts = 'select distinct account from esms.deliveries where subscriber = $1';
    expect(await service.rows(accounts, [hook.subscriber])).toEqual([{ account: 'acme' }]);
    // What a version that knows of no accounts here makes beside us.
    await service.rows(
      `insert into esms.deliveries (account, subject, subscriber, sequence, position)
       select account, subject, $1, sequence, position from esms.events where subject = 'hook-of-default'`,
      [hook.subscriber],
    );
    await service.settled();
    expect(new Set(receiver.taken.map(({ account }) => account))).toEqual(new Set(['acme']));
    const path = `/subscriptions/webhook:${hook.id}`;
    const listed = async (key: string): Promise<unknown[]> => {
      const { body } = await service.api<{ items: { name: string }[] }>('/subscriptions', { key });
      return body.items.filter(({ name }) => name === hook.subscriber);
    };
    const lagging = {
      name: hook.subscriber,
      account: 'acme',
      patterns: ['*'],
      hosted: true,
      paused: false,
      lag: 0,
      waitingSince: null,
      parked: 0,
    };
    await expect.poll(() => listed(KEYS.acme)).toEqual([lagging]);
    expect(await listed(KEYS.all)).toEqual([]);
    expect((await service.api(`${path}/pause`, { method: 'POST' })).status).toBe(404);
    expect((await service.api(`${path}/parked`)).status).toBe(404);
    expect((await service.api(`${path}/parked/requeue`, { method: 'POST' })).status).toBe(404);
    expect((await service.api(`${path}/parked/skip`, { method: 'POST' })).status).toBe(404);
    expect((await service.api(`${path}/parked`, { key: KEYS.acme })).status).toBe(200);
    expect((await service.api(path, { method: 'DELETE', key: KEYS.acme })).status).toBe(409);
    for (const [method, rest] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/attempts'],
      ['POST', '/ping'],
    ] as const) {
      expect((await service.api(`/webhooks/${hook.id}${rest}`, { method, body: {} })).status, method + rest).toBe(404);
    }
    expect((await service.api(`/webhooks/${hook.id}`, { method: 'DELETE', key: KEYS.acme })).status).toBe(200);
  });

  it('needs the scope operate for all that changes it', async () => {
    const { hook } = await connect();
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', `/${hook.id}`],
      ['DELETE', `/${hook.id}`],
      ['POST', `/${hook.id}/ping`],
      ['POST', `/${hook.id}/rotate-secret`],
      ['POST', `/${hook.id}/replay`],
    ] as const) {
      expect((await service.api(`/webhooks${path}`, { method, key: KEYS.bare, body: {} })).status).toBe(403);
    }
    const { text } = await service.api('/webhooks', { key: KEYS.read });
    expect(text).toContain(hook.id);
    expect(text).not.toContain('whsec_');
  });

  it.each([
    [{}, 400],
    [{ url: 'ftp://files.example.vn' }, 422],
    [{ url: 'https://user:secret@hooks.example.vn' }, 422],
    [{ url: 'https://hooks.example.vn', events: [] }, 400],
    [{ url: 'https://hooks.example.vn', events: ['message.lost'] }, 400],
    [{ url: 'https://hooks.example.vn', events: null }, 400],
    [{ url: 'https://hooks.example.vn', secret: 'mine' }, 400],
    [{ url: 'https://hooks.example.vn', description: 'a\0b' }, 400],
  ])('is refused as %j', async (body, status) => {
    expect((await post('', body)).status).toBe(status);
  });

  it('is called no more when it is removed', async () => {
    const { receiver, hook } = await connect();
    expect((await service.api(`/webhooks/${hook.id}`, { method: 'DELETE' })).status).toBe(200);
    await send('hook-removed');
    await service.settled();
    expect(receiver.calls).toBe(0);
    expect((await service.api(`/webhooks/${hook.id}`)).status).toBe(404);
    const left = `select from esms.subscribers where name = 'webhook:${hook.id}'`;
    await expect.poll(() => service.rows(left)).toEqual([]);
  });

  it('that wants less than before is not held up by what it does not want', async () => {
    const { receiver, hook } = await connect({ enabled: false });
    await send('hook-narrowed');
    await patch(hook.id, { events: ['message.delivered'], enabled: true });
    await took(receiver, 1);
    expect(receiver.taken.map(shortType)).toEqual(['message.delivered.v1']);
  });
});

describe('a receiver', () => {
  it('that is down for days gets everything when it is up again, in order', async () => {
    const { receiver, hook } = await connect();
    const smsIds = Array.from({ length: 20 }, (_, index) => `hook-down-${index}`);
    await receiver.down();
    await send(...smsIds);
    await expect.poll(async () => (await attemptsOf(hook.id)).length).toBeGreaterThanOrEqual(2);
    expect((await attemptsOf(hook.id))[0]).toMatchObject({ status: null, attempt: 1, error: /ECONNREFUSED/ });
    expect((await get(hook.id)).failingSince).not.toBeNull();
    await receiver.up();
    await took(receiver, 60);
    expectInOrder(receiver.taken);
    await expect.poll(async () => (await get(hook.id)).failingSince).toBeNull();
  });

  it('that fails for days gets everything when it works again, in order', async () => {
    const { receiver, hook } = await connect();
    receiver.behave = () => 500;
    await send(...Array.from({ length: 10 }, (_, index) => `hook-500-${index}`));
    await expect.poll(() => receiver.calls).toBeGreaterThan(40);
    receiver.behave = () => 204;
    await took(receiver, 30);
    expectInOrder(receiver.taken);
    const attempts = await attemptsOf(hook.id);
    // Of a private network: that it answered is told, what it answered is not.
    expect(attempts.find(({ status }) => status === 500)?.response).toBeNull();
  });

  it('that redirects is not followed', async () => {
    const { receiver, hook } = await connect({ events: ['message.delivered'] });
    const elsewhere = await WebhookReceiver.start();
    receivers.push(elsewhere);
    receiver.behave = () => ({ status: 307, location: elsewhere.url });
    await send('hook-redirect');
    await expect.poll(() => attemptsOf(hook.id)).not.toEqual([]);
    expect((await attemptsOf(hook.id))[0]).toMatchObject({ status: 307, attempt: 1 });
    expect((await get(hook.id)).failingSince).not.toBeNull();
    expect(elsewhere.connections).toBe(0);
  });
});

describe('a webhook that is disabled', () => {
  it('was so after days without a success, with a notice, and gets what waited when it is enabled', async () => {
    const { receiver, hook } = await connect();
    receiver.behave = () => 503;
    await send('hook-lost');
    await expect.poll(async () => (await get(hook.id)).failingSince).not.toBeNull();
    await service.rows(`update esms.webhooks set failing_since = now() - interval '73 hours' where id = $1`, [hook.id]);
    await expect.poll(async () => (await get(hook.id)).enabled).toBe(false);
    const notice = 'disabled after 72 hours without a success: it answered 503';
    expect((await get(hook.id)).notice).toBe(notice);
    expect(service.log.filter((line) => line.includes(`webhook ${hook.id} of account default ${notice}`))).toHaveLength(
      1,
    );
    const calls = receiver.calls;
    await send('hook-meanwhile');
    receiver.behave = () => 204;
    expect(receiver.calls).toBeLessThanOrEqual(calls + 4);
    expect((await patch(hook.id, { enabled: true })).body).toMatchObject({
      enabled: true,
      notice: null,
      failingSince: null,
    });
    await took(receiver, 6);
    expectInOrder(receiver.taken);
  });

  it('was so at once where it said that it is gone', async () => {
    const { receiver, hook } = await connect({ events: ['message.delivered'] });
    receiver.behave = () => 410;
    await send('hook-gone');
    await expect.poll(() => get(hook.id)).toMatchObject({ enabled: false, notice: 'disabled: it answered 410 Gone' });
  });
});

describe('a secret', () => {
  it('is rotated: for a day both sign, then the new one alone', async () => {
    const { receiver, hook } = await connect({ events: ['message.delivered'] });
    const { body } = await post<{ secret: string; previousUntil: string }>(`/${hook.id}/rotate-secret`);
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(body.secret).not.toBe(hook.secret);
    await send('hook-rotate-1');
    await took(receiver, 1);
    receiver.secrets = [body.secret];
    await send('hook-rotate-2');
    await took(receiver, 2);
    expect(receiver.disbelieved).toEqual([]);
    await service.rows('update esms.webhooks set previous_secret_until = now() where id = $1', [hook.id]);
    receiver.secrets = [hook.secret];
    await send('hook-rotate-3');
    await expect.poll(() => receiver.disbelieved).toContain('No matching signature found');
    receiver.secrets = [body.secret];
    await took(receiver, 3);
  });
});

describe('a webhook, by hand,', () => {
  it('is tested', async () => {
    const { receiver, hook } = await connect({ enabled: false });
    const { body } = await post<WebhookAttempt>(`/${hook.id}/ping`);
    expect(body).toMatchObject({ type: 'webhook.ping', subject: null, attempt: 1, status: 204, error: null });
    expect(receiver.taken).toMatchObject([{ id: body.eventId, type: 'vn.nestjs-esms.webhook.ping.v1', data: {} }]);
    expect(await attemptsOf(hook.id)).toEqual([body]);
    await receiver.down();
    expect((await post(`/${hook.id}/ping`)).body).toMatchObject({ status: null, error: /ECONNREFUSED/ });
  });

  it('gets events again: one, those of a message, those since a time', async () => {
    const { receiver, hook } = await connect();
    await send('hook-again');
    await took(receiver, 3);
    const [first] = receiver.taken;
    expect((await post(`/${hook.id}/replay`, { subject: 'hook-again', eventId: first?.id })).status).toBe(200);
    await took(receiver, 4);
    expect(receiver.taken[3]).toEqual(first);
    await post(`/${hook.id}/replay`, { subject: 'hook-again' });
    await took(receiver, 7);
    await post(`/${hook.id}/replay`, { from: hook.createdAt });
    await took(receiver, 10);
    expect(receiver.taken.slice(7)).toEqual(receiver.taken.slice(0, 3));
    expect((await post(`/${hook.id}/replay`, { subject: 'hook-nowhere' })).status).toBe(404);
    for (const body of [{}, { from: 'soon' }, { eventId: first?.id }, { subject: 'a', from: '2026-01-01' }]) {
      expect((await post(`/${hook.id}/replay`, body)).status, JSON.stringify(body)).toBe(400);
    }
  });
});
