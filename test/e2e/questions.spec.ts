import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { KEYS, Service } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

interface Problem {
  detail: string;
  errors?: string[];
}

const post = (path: string, body?: unknown, key: string | null = KEYS.shared) =>
  service.api<Problem>(path, { method: 'POST', body, key });

const MOMENTS = ['2026-11-01T00:00:00+07:00', '2026-11-01T00:00+0700', '2026-11-01T00:00:00.123456+14:00'];

describe('a moment whose + nobody has escaped', () => {
  it.each(
    ['/messages', '/billing/ledger', '/billing/summary'].flatMap((path) =>
      ['from', 'to'].flatMap((name) => MOMENTS.map((moment) => [`${path}?${name}=${moment}`] as const)),
    ),
  )('is taken: %s', async (path) => {
    const { status, text } = await service.api(path);
    expect(status, text).toBe(200);
  });

  it('means what it means with the + escaped', async () => {
    await service.callback(callbackQuery('now'));
    const found = async (from: string) =>
      (await service.api<{ items: unknown[] }>(`/messages?from=${from}`)).body.items.length;
    const now = new Date(Date.now() - 60_000).toISOString().slice(0, 19);
    const [east, west] = [`${now}+00:00`, `${now}-14:00`];
    expect([await found(east), await found(east.replace('+', '%2B')), await found(west)]).toEqual([1, 1, 0]);
  });

  it('is taken in a body as well, where somebody has passed a query on', async () => {
    const { status, text } = await service.register({ ref: 'later', scheduledFor: '2027-01-01T08:00:00 07:00' });
    expect(status, text).toBe(201);
    expect(JSON.parse(text)).not.toHaveProperty('scheduledFor', '2027-01-01T08:00:00 07:00');
    expect((await post('/subscriptions/crm/replay', { from: '2026-11-01T00:00:00 07:00' })).status).toBe(200);
  });

  it.each([
    '2026-11-01%20%2B07:00',
    '2026-11-01T00:00:00++07:00',
    '2026-11-01T00:00:00+7',
    '2026-11-01+00:00:00',
    '+07:00',
  ])('is still refused where it is none: %s', async (moment) => {
    expect((await service.api(`/messages?from=${moment}`)).status).toBe(400);
  });
});

describe('a phone', () => {
  it.each(['abc', 'phone', '0912x45678', '+84', '12', '', '%20', 'null', '09******84', 'SMSID=1', '9'.repeat(40)])(
    'that names nobody is 400: %s',
    async (phone) => {
      const { status, body } = await service.api<Problem>(`/messages?phone=${phone}`);
      expect([status, body.errors]).toEqual([400, ['phone: a phone number or a Zalo user id']]);
    },
  );

  it('of another country is found with its + escaped or not, and a Vietnamese one in every form', async () => {
    await service.register({ ref: 'abroad', recipient: '+1 415 555 2671' });
    await service.register({ ref: 'here', recipient: '0912 345 999' });
    await service.register({ ref: 'hotline', recipient: '1900 6017' });
    const refs = async (phone: string) =>
      (await service.api<{ items: { ref: string }[] }>(`/messages?phone=${phone}`)).body.items.map(({ ref }) => ref);
    for (const form of ['%2B14155552671', '+14155552671', '+1%20415%20555%202671', '0014155552671'])
      expect(await refs(form), form).toEqual(['abroad']);
    for (const form of ['+84912345999', '%2B84912345999', '0912.345.999', '84912345999', '912345999'])
      expect(await refs(form), form).toEqual(['here']);
    expect(await refs('19006017')).toEqual(['hotline']);
  });
});

describe('a key', () => {
  const detailWith = async (headers: Record<string, string>): Promise<unknown[]> => {
    const { status, body } = await service.api<Problem>('/messages', { key: null, headers });
    return [status, body.detail];
  };
  const NEEDED = [401, 'an API key is needed: x-api-key, or Authorization: Bearer'];
  const UNKNOWN = [401, 'this API key is not known'];

  it('that is missing and one that is wrong have different words', async () => {
    for (const headers of [{}, { 'x-api-key': '' }, { 'x-api-key': '  ' }, { authorization: 'Basic dTpw' }])
      expect(await detailWith(headers as Record<string, string>)).toEqual(NEEDED);
    for (const headers of [
      { 'x-api-key': 'wrong' },
      { authorization: 'Bearer wrong' },
      { 'x-api-key': `${KEYS.all}x` },
    ])
      expect(await detailWith(headers as Record<string, string>)).toEqual(UNKNOWN);
    // Before the body is read, too.
    expect((await post('/messages', { ref: 'x' }, null)).body.detail).toBe(NEEDED[1]);
    expect((await post('/messages', { ref: 'x' }, 'wrong')).body.detail).toBe(UNKNOWN[1]);
    expect((await detailWith({ 'x-api-key': '', authorization: `Bearer ${KEYS.all}` }))[0]).toBe(200);
  });
});

describe('bad fields', () => {
  const wrong = { a: 1 };

  it.each<[string, unknown, string[]]>([
    ['/webhooks', {}, ['url']],
    [
      '/webhooks',
      { url: null, events: null, description: null, enabled: null },
      ['description', 'enabled', 'events', 'url'],
    ],
    ['/webhooks', { url: 5, events: 5, description: 5, enabled: 5 }, ['description', 'enabled', 'events', 'url']],
    ['/webhooks', { url: [], events: [], description: [], enabled: [] }, ['description', 'enabled', 'events', 'url']],
    ['/webhooks', { url: wrong, events: wrong, enabled: 'yes' }, ['enabled', 'events', 'url']],
    ['/webhooks', { url: '', events: ['*', '*', 'x'], secret: 'mine' }, ['events', 'secret', 'url']],
    ['/webhooks', { url: `https://x.vn/\0${'x'.repeat(3_000)}`, events: [null, 5] }, ['events', 'url']],
    ['/subscriptions/crm/replay', {}, ['from']],
    ['/subscriptions/crm/replay', { from: 5, to: 5 }, ['from', 'to']],
    ['/subscriptions/crm/replay', { from: ['2026-11-01'] }, ['from']],
    ['/quarantine/0a8d2e9c-7f0e-4d6c-9f0a-6d4f5b1c2e3d/replay', { smsId: ['a'] }, ['smsId']],
    ['/quarantine/0a8d2e9c-7f0e-4d6c-9f0a-6d4f5b1c2e3d/replay', { smsId: 5 }, ['smsId']],
    ['/messages', { smsId: 5, requestId: [], ref: {}, channel: 'x' }, ['channel', 'ref', 'requestId', 'smsId']],
    ['/messages', { recipient: 84, metadata: [1], scheduledFor: 5 }, ['metadata', 'recipient', 'scheduledFor']],
    ['/messages', { smsId: `\0${'x'.repeat(200)}`, ref: '', colour: 1 }, ['colour', 'ref', 'smsId']],
  ])('are one complaint each: POST %s %j', async (path, body, fields) => {
    const answer = await post(path, body);
    expect(answer.status, answer.text).toBe(400);
    const named = (answer.body.errors ?? []).map((each) => /^\w+/.exec(each)?.[0] ?? each);
    expect(named.toSorted(), answer.text).toEqual(fields);
  });

  it.each([
    ['/messages?limit=many&state=x&phone=x&from=x&ref=%00', ['from', 'limit', 'phone', 'ref', 'state']],
    ['/events?limit=0&wait=x&types=x&subject=%00', ['limit', 'subject', 'types', 'wait']],
    ['/billing/summary?from=x&to=1&groupBy=&limit=1', ['from', 'groupBy', 'limit', 'to']],
    ['/quarantine?limit=1&limit=2&cursor=&cursor=', ['cursor', 'limit']],
  ])('are one complaint each: GET %s', async (path, fields) => {
    const { body, text } = await service.api<Problem>(path);
    expect((body.errors ?? []).map((each) => /^\w+/.exec(each)?.[0]).toSorted(), text).toEqual(fields);
  });

  it('say what is needed, what is not, and of a wrong type nothing else', async () => {
    expect((await post('/webhooks', {})).body.errors).toEqual(['url: is needed']);
    expect((await post('/webhooks', { url: 5, colour: 'red' })).body.errors?.toSorted()).toEqual([
      'colour: must not be given',
      'url must be a string',
    ]);
    expect((await service.api<Problem>('/messages?limit=many')).body.errors).toEqual([
      'limit must be an integer number',
    ]);
  });
});
