import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery, counted } from '../support/callback-query.js';
import { type Answer, KEYS, type Message, Service, TOKENS } from '../support/service.js';

let service: Service;
let count = 0;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

const nextSmsId = (): string => `bad-${++count}`;

/** How much is stored, of everything that a callback could add to. */
async function stored(): Promise<unknown> {
  return service.rows(
    `select (select count(*)::int from esms.messages) as messages, (select sum(repeats + 1)::int from esms.receipts) as receipts,
       (select sum(repeats + 1)::int from esms.quarantine) as quarantine, (select count(*)::int from esms.events) as events`,
  );
}

describe('a stranger', () => {
  const NOT_FOUND = '{"type":"about:blank","title":"Not Found","status":404}';
  const query = callbackQuery('stranger');

  it.each([
    ['a wrong token', `/callbacks/esms/wrong-token-of-somebody?${query}`],
    ['no token', `/callbacks/esms/?${query}`],
    ['no token and no slash', `/callbacks/esms?${query}`],
    ['the beginning of a token', `/callbacks/esms/${TOKENS.default.slice(0, -1)}?${query}`],
    ['a token with more behind it', `/callbacks/esms/${TOKENS.default}x?${query}`],
    ['a token in capitals', `/callbacks/esms/${TOKENS.default.toUpperCase()}?${query}`],
    ['an API key', `/callbacks/esms/${KEYS.all}?${query}`],
    ['a token of 600 characters', `/callbacks/esms/${'x'.repeat(600)}?${query}`],
    ['a token that is no percent-encoding', `/callbacks/esms/%zz?${query}`],
    ['a token that is no UTF-8', `/callbacks/esms/%ff%fe?${query}`],
    ['a token with NUL', `/callbacks/esms/${TOKENS.default}%00?${query}`],
    ['a path behind the token', `/callbacks/esms/${TOKENS.default}/more?${query}`],
    ['a name of JavaScript', `/callbacks/esms/__proto__?${query}`],
  ])('gets 404 with a constant body for %s, and nothing is stored', async (_what, path) => {
    const before = await stored();
    const answer = await service.send<never>(path);
    expect(answer.status).toBe(404);
    expect(answer.text).toBe(NOT_FOUND);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(await stored()).toEqual(before);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'])(
    'and whoever has the token gets 404 for %s, which has no effect',
    async (method) => {
      const before = await stored();
      const answer = await service.callback(query, { method });
      expect(answer.status).toBe(404);
      expect(answer.text).toBe(method === 'HEAD' ? '' : NOT_FOUND);
      expect(await stored()).toEqual(before);
    },
  );

  it('cannot turn a POST into a GET', async () => {
    const before = await stored();
    const headers = { 'x-http-method-override': 'GET', 'x-method-override': 'GET' };
    expect((await service.callback(query, { method: 'POST', headers, body: '{}' })).status).toBe(404);
    expect(await stored()).toEqual(before);
  });
});

describe('the route', () => {
  it.each([
    ['both tokens of a rotation', `/callbacks/esms/${TOKENS.rotated}`],
    ['a slash at the end', `/callbacks/esms/${TOKENS.default}/`],
    ['doubled slashes', `//callbacks//esms//${TOKENS.default}`],
    ['an encoded token', `/callbacks/esms/%64${TOKENS.default.slice(1)}`],
  ])('takes %s', async (_what, path) => {
    const smsId = nextSmsId();
    const answer = await service.send<never>(`${path}?${callbackQuery(smsId)}`);
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(await service.message(smsId)).toMatchObject({ account: 'default', outcome: 'delivered' });
  });

  it('takes a GET with a body and any content type', async () => {
    const smsId = nextSmsId();
    const answer = await service.callback(callbackQuery(smsId), {
      body: '{bad',
      headers: { 'content-type': 'application/xml' },
    });
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
  });
});

describe('what names no message is quarantined', () => {
  it.each([
    ['SMSID absent', 'SendStatus=5&SendSuccess=1', 'sms_id_absent'],
    ['no parameter at all', '', 'sms_id_absent'],
    ['SMSID empty', callbackQuery(''), 'sms_id_absent'],
    ['SMSID blank', callbackQuery('%20+'), 'sms_id_absent'],
    ['SMSID twice with different values', `${callbackQuery('twice-1')}&SMSID=twice-2`, 'sms_id_repeated'],
    ['SMSID twice, spelled differently', `${callbackQuery('twice-3')}&smsid=twice-4`, 'sms_id_repeated'],
    ['SMSID with %00', callbackQuery('null%00byte'), 'sms_id_malformed'],
    ['SMSID with a line break', callbackQuery('line%0Abreak'), 'sms_id_malformed'],
    ['SMSID that is no UTF-8', callbackQuery('broken%ff'), 'sms_id_malformed'],
    ['SMSID that is half a character', callbackQuery('half%ED%A0%80'), 'sms_id_malformed'],
    ['SMSID of 129 characters', callbackQuery('x'.repeat(129)), 'sms_id_too_long'],
    ['SMSID 9 KB long', callbackQuery('y'.repeat(9 * 1024)), 'sms_id_too_long'],
  ])('%s: 200, kept, told once', async (_what, query, reason) => {
    const before = (await service.rows('select count(*)::int as messages from esms.messages'))[0];
    for (let copy = 0; copy < 2; copy++) {
      const answer = await service.callback(query);
      expect([answer.status, answer.text]).toEqual([200, `QUARANTINED ${reason}`]);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    const items = await service.rows('select id, reason, repeats from esms.quarantine where raw = $1', [
      Buffer.from(query),
    ]);
    expect(items).toMatchObject([{ reason, repeats: 1 }]);
    const events = await service.events(items[0]?.['id']);
    expect(events).toMatchObject([
      {
        type: 'receipt.quarantined',
        sequence: null,
        account: 'default',
        data: { quarantineId: items[0]?.['id'], reason },
      },
    ]);
    expect((await service.rows('select count(*)::int as messages from esms.messages'))[0]).toEqual(before);
  });

  it.each([
    ['twice with the same value', `${callbackQuery('same-twice')}&SMSID=same-twice`, 'same-twice'],
    ['with blanks around it', callbackQuery('+blanks%20'), 'blanks'],
    ['with an empty one beside it', `SMSID=&${callbackQuery('one-empty')}`, 'one-empty'],
    ['of 128 characters', callbackQuery('z'.repeat(128)), 'z'.repeat(128)],
    ['of 128 letters of three bytes', callbackQuery('%E1%BA%A5'.repeat(128)), 'ấ'.repeat(128)],
    ['with marks of every kind', callbackQuery('a%2Fb%3Fc%23d%26e%3Df%25g%2Bh%22i'), 'a/b?c#d&e=f%g+h"i'],
    ['named like JavaScript', callbackQuery('__proto__'), '__proto__'],
    ['named like JavaScript too', callbackQuery('constructor'), 'constructor'],
  ])('but SMSID %s names one, which is read back', async (_what, query, smsId) => {
    const answer = await service.callback(query);
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
    expect(await service.message(smsId)).toMatchObject({ smsId, outcome: 'delivered' });
  });
});

describe('a field that cannot be read, after a final report', () => {
  it.each([
    ['TotalPrice=NaN', { TotalPrice: 'NaN' }, 'price_unparsable', 'kept'],
    ['TotalPrice=1e9', { TotalPrice: '1e9' }, 'price_unparsable', 'kept'],
    ['TotalPrice=-1', { TotalPrice: '-1' }, 'price_unparsable', 'kept'],
    ['TotalPrice with five decimals', { TotalPrice: '1.00000' }, 'price_unparsable', 'kept'],
    ['TotalPrice=Infinity', { TotalPrice: 'Infinity' }, 'price_unparsable', 'kept'],
    ['TotalPrice in hexadecimal', { TotalPrice: '0x10' }, 'price_unparsable', 'kept'],
    ['TotalPrice with a comma', { TotalPrice: '1,5' }, 'price_unparsable', 'kept'],
    ['TotalPrice of 15 digits', { TotalPrice: '1'.repeat(15) }, 'price_unparsable', 'kept'],
    ['TotalPrice in Arabic digits', { TotalPrice: '%D9%A1' }, 'price_unparsable', 'kept'],
    ['TotalPrice=%00', { TotalPrice: '%00' }, 'price_unparsable', 'kept'],
    ['TotalPrice twice', { TotalPrice: '1.0000&TotalPrice=2.0000' }, 'price_repeated', 'kept'],
    ['SendStatus=abc', { SendStatus: 'abc' }, 'status_unparsable', 'kept'],
    ['SendStatus=5.0', { SendStatus: '5.0' }, 'status_unparsable', 'kept'],
    ['SendStatus twice', { SendStatus: '5&SendStatus=4' }, 'status_repeated', 'kept'],
    ['SendStatus absent', { SendStatus: null }, 'status_absent', 'kept'],
    ['SendStatus of ten digits', { SendStatus: '1'.repeat(10) }, 'status_unparsable', 'kept'],
    ['SendFailed=-1', { SendFailed: '-1' }, 'failed_unparsable', 'superseded'],
    ['SendSuccess=1e3', { SendSuccess: '1e3' }, 'succeeded_unparsable', 'superseded'],
    ['SendSuccess of 11 digits', { SendSuccess: '1'.repeat(11) }, 'succeeded_unparsable', 'superseded'],
    ['TotalReceiver=one', { TotalReceiver: 'one' }, 'receivers_unparsable', 'kept'],
    ['TotalSent=-0', { TotalSent: '-0' }, 'sent_unparsable', 'kept'],
    ['TypeId with blanks in it', { TypeId: '2%202' }, 'type_unparsable', 'kept'],
    ['telcoid=%00', { telcoid: '%00' }, 'telco_unparsable', 'kept'],
    ['phonenumber with a control character', { phonenumber: '09%0101' }, 'recipient_unparsable', 'kept'],
    ['phonenumber too long', { phonenumber: '9'.repeat(129) }, 'recipient_unparsable', 'kept'],
    ['error_info 9 KB long', { error_info: 'x'.repeat(9 * 1024) }, 'error_info_unparsable', 'kept'],
    ['partnerids that is no UTF-8', { partnerids: '%ff' }, 'partner_id_unparsable', 'kept'],
  ] as const)('%s: 200, kept with an anomaly, state and price intact', async (_what, changes, anomaly, decision) => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId));
    const before = await service.message(smsId);
    expect(before).toMatchObject({ outcome: 'delivered', price: { amount: '850.0000' }, anomalies: [] });
    const types = await service.eventTypes(smsId);

    await service.callbacks(callbackQuery(smsId, changes));
    const { receipts, anomalies, updatedAt: _updated, ...after } = await service.message(smsId);
    const { receipts: _receipts, anomalies: _anomalies, updatedAt: _before, ...shown } = before;
    expect(after).toEqual(shown);
    expect(anomalies).toEqual([anomaly]);
    expect(receipts.map((receipt) => [receipt.decision, receipt.anomalies])).toEqual([
      ['applied', []],
      [decision, [anomaly]],
    ]);
    expect(await service.eventTypes(smsId)).toEqual(types);
  });

  it('leaves the original bytes in the receipt', async () => {
    const smsId = nextSmsId();
    const query = callbackQuery(smsId, { TotalPrice: 'N%61N', Colour: '%zz%ff"{}', '': 'nameless' });
    await service.callbacks(query);
    const [row] = await service.rows('select raw from esms.receipts where sms_id = $1', [smsId]);
    expect((row?.['raw'] as Buffer).toString('latin1')).toBe(query);
  });

  it('9 succeeded of 2: decided by the table, with an anomaly', async () => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId, counted(9, 0, 2)));
    expect(await service.message(smsId)).toMatchObject({
      state: 'reported',
      outcome: 'delivered',
      counters: { receivers: 2, sent: 2, succeeded: 9, failed: 0 },
      anomalies: ['counters_exceed_receivers'],
    });
  });

  it('the largest numbers there are: kept exactly', async () => {
    const smsId = nextSmsId();
    const most = 9_999_999_999;
    await service.callbacks(callbackQuery(smsId, { ...counted(most, most, most), TotalPrice: '99999999999999.9999' }));
    expect(await service.message(smsId)).toMatchObject({
      outcome: 'partially_delivered',
      counters: { receivers: most, sent: most, succeeded: most, failed: most },
      price: { amount: '99999999999999.9999' },
    });
    await service.callbacks(callbackQuery(smsId, { ...counted(most, most, most), TotalPrice: '0' }));
    await service.settled();
    expect(await service.ledger(smsId)).toMatchObject({
      deltas: ['99999999999999.9999', '-99999999999999.9999'],
      sum: '0.0000',
    });
  });

  it.each([
    ['a price without decimals', '850', '850.0000'],
    ['a price with zeros before it', '000850.5', '850.5000'],
    ['a price of nothing', '0', '0.0000'],
  ])('%s can be read', async (_what, TotalPrice, amount) => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId, { TotalPrice }));
    expect(await service.message(smsId)).toMatchObject({ price: { amount }, anomalies: [] });
  });
});

describe('odd contents: 200, kept, and the process lives', () => {
  const encoded = (value: unknown): string =>
    encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
  const failed = { TypeId: '25', SendSuccess: '0', SendFailed: '1' };

  it.each([
    ['%00 in error_info', '%00', '\uFFFD'],
    ['%00 in words', 'a%00b', 'a\uFFFDb'],
    ['an escaped NUL in JSON', encoded('{"error":-114,"message":"a\\u0000b"}'), 'a\uFFFDb'],
    ['half a character as bytes', 'a%ED%A0%80b', 'a\uFFFD\uFFFD\uFFFDb'],
    ['half a character in JSON', encoded('{"error":-114,"message":"a\\ud800b"}'), 'a\uFFFDb'],
    ['half a character in the wrong order', encoded('{"error":-114,"message":"\\udc00\\ud800"}'), '\uFFFD\uFFFD'],
    ['a character cut at the limit', encoded(`${'x'.repeat(499)}😀`), `${'x'.repeat(499)}\uFFFD`],
    ['a lone percent sign', 'sold%20100%', 'sold 100%'],
    ['Vietnamese', encoded('{"error":-114,"message":"Tài khoản không hoạt động"}'), 'Tài khoản không hoạt động'],
    ['raw marks', '{"error":-114,"message":"\\"raw\\""}', '"raw"'],
    ['__proto__ in JSON', encoded('{"__proto__":{"error":1},"constructor":2,"error":-114,"message":"m"}'), 'm'],
    ['10,000 lists in each other', '['.repeat(10_000) + ']'.repeat(10_000), undefined],
    ['4,000 objects in each other', encodeURI('{"a":'.repeat(1_600)) + '1' + '}'.repeat(1_600), undefined],
    ['10,000 brackets that never close', '{'.repeat(10_000), undefined],
    ['10,000 underscores', '_'.repeat(8_000), '_'.repeat(500)],
  ] as const)('%s', async (_what, info, message) => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId, { ...failed, error_info: info }));
    const shown = await service.message(smsId);
    expect(shown).toMatchObject({ outcome: 'undelivered', counters: { failed: 1 } });
    if (message !== undefined) expect(shown.error?.message ?? null).toBe(message);
    expect((await service.api('/health/live')).status).toBe(200);
  });

  it('__proto__ and constructor as parameters', async () => {
    const smsId = nextSmsId();
    await service.callbacks(`__proto__=1&constructor=2&toString=3&__proto__[x]=4&${callbackQuery(smsId)}&prototype=5`);
    expect(await service.message(smsId)).toMatchObject({ outcome: 'delivered', anomalies: [] });
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('1,200 parameters with SMSID last', async () => {
    const smsId = nextSmsId();
    const many = Array.from({ length: 1_200 }, (_, index) => `p${index}=${index}`).join('&');
    await service.callbacks(`${many}&${callbackQuery(smsId).split('&').toReversed().join('&')}`);
    expect(await service.message(smsId)).toMatchObject({ outcome: 'delivered', price: { amount: '850.0000' } });
  });

  it('ids beyond 2^53, as text and as numbers', async () => {
    const smsId = nextSmsId();
    const answer = encoded(
      '{"error":0,"message":"Success","data":{"user_id":31215806834323092999,"message_id":9007199254740993}}',
    );
    await service.callbacks(
      callbackQuery(smsId, {
        TypeId: '26',
        telcoid: '9007199254740993',
        phonenumber: '312158068343230',
        error_info: answer,
        oaid: '40973112819361890491',
        tempid: '9007199254740993',
        partnerids: '9007199254740995',
      }),
    );
    expect(await service.message(smsId)).toMatchObject({
      channel: 'zalo_oa',
      recipient: { kind: 'zalo_user', value: '31215806834323092999' },
      oaId: '40973112819361890491',
      templateId: '9007199254740993',
      partnerId: '9007199254740995',
      telco: { id: '9007199254740993', name: null },
    });
  });

  it.each([
    ['an unreadable status that is cut in the middle of a character', `${'a'.repeat(127)}%F0%9F%98%80`],
    ['an unreadable status with NUL and half a character', 'a%00%ED%A0%80'],
    ['an unreadable status 9 KB long', 'b'.repeat(9 * 1024)],
  ])('%s', async (_what, SendStatus) => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId, { SendStatus }));
    const message = await service.message(smsId);
    expect(message).toMatchObject({ state: 'pending', anomalies: ['status_unparsable'] });
    expect(message.receipts[0]?.sendStatus?.length).toBeLessThanOrEqual(128);
  });

  it('a request line of 32 KB', async () => {
    const smsId = nextSmsId();
    const line = (filling: string) =>
      `GET /callbacks/esms/${TOKENS.default}?${callbackQuery(smsId)}&f=${filling} HTTP/1.1`;
    const filling = 'f'.repeat(32 * 1024 - line('').length);
    expect(line(filling)).toHaveLength(32 * 1024);
    await service.callbacks(`${callbackQuery(smsId)}&f=${filling}`);
    expect(await service.message(smsId)).toMatchObject({ outcome: 'delivered' });
  });

  it('a request line of 100 KB is refused, and the next request answered', async () => {
    const smsId = nextSmsId();
    const far = await service.callback(`${callbackQuery(smsId)}&f=${'f'.repeat(100 * 1024)}`);
    expect([far.status, far.text]).toEqual([
      431,
      '{"type":"about:blank","title":"Request Header Fields Too Large","status":431}',
    ]);
    expect(far.headers['connection']).toBe('close');
    expect((await service.api(`/messages/${smsId}`)).status).toBe(404);
    await service.callbacks(callbackQuery(smsId));
  });
});

describe('a question to the API', () => {
  interface Problem {
    type: string;
    title: string;
    status: number;
  }

  const cursorOf = (...parts: unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
  const ID = '00000000-0000-4000-8000-000000000000';

  async function refused(status: number, answer: Promise<Answer<Problem>>): Promise<void> {
    const { status: got, headers, body, text } = await answer;
    expect(got, text).toBe(status);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
  }

  const LISTS = ['/messages', '/quarantine', '/billing/ledger'];

  it.each(
    LISTS.flatMap((path) =>
      [
        '',
        'garbage',
        '%00',
        'bm90LWpzb24',
        cursorOf(),
        cursorOf('x'),
        cursorOf('x', 'y', 'z'),
        cursorOf(1, 2),
        cursorOf('2026-11-25 19:05:40', ID),
        cursorOf('9999-99-99T99:99:99.999999Z', ID),
        cursorOf('2026-02-30T00:00:00.000000Z', ID),
        cursorOf('0000-01-01T00:00:00.000000Z', ID),
        cursorOf('2026-11-25T19:05:40.123456Z', 'a\0b'),
        cursorOf('-1'),
        cursorOf('1; drop table esms.messages'),
        cursorOf('9'.repeat(30)),
        'x'.repeat(2_000),
      ].map((cursor) => [path, cursor] as const),
    ),
  )('%s with the cursor %s: 400', async (path, cursor) => {
    await refused(400, service.api(`${path}?cursor=${cursor}`));
  });

  it.each([
    ...LISTS.flatMap((path) => [
      `${path}?colour=red`,
      `${path}?__proto__=1`,
      `${path}?constructor=1`,
      `${path}?limit=0`,
      `${path}?limit=501`,
      `${path}?limit=-1`,
      `${path}?limit=1.5`,
      `${path}?limit=many`,
      `${path}?limit=`,
      `${path}?limit=1&limit=2`,
      `${path}?account=`,
      `${path}?account=a'b`,
      `${path}?account=acme&account=default`,
    ]),
    '/messages?state=lost',
    '/messages?state[]=sent',
    '/messages?state=sent&state=sent',
    '/messages?outcome=',
    '/messages?channel=pigeon',
    '/messages?ref=%00',
    '/messages?requestId=a%00',
    '/messages?phone=%00',
    `/messages?ref=${'x'.repeat(257)}`,
    '/messages?from=yesterday',
    '/messages?from=2026',
    '/messages?to=2026-W48',
    '/messages?to=2026-02-30',
    '/messages?from=2026-11-25T10',
    '/messages?from=0000-01-01',
    '/messages?from=0001-01-01',
    '/messages?to=9999-12-31T23:59:59-14:00',
    '/messages?from=2026-11-25T25:00:00Z',
    '/billing/ledger?smsId=%00',
    '/billing/summary?groupBy=colour',
    '/billing/summary?groupBy=constructor',
    '/billing/summary?from=2026-W48',
    '/billing/summary?to=2026-13-01',
    '/billing/summary?limit=5',
    '/messages/some?colour=red',
    '/crm/contacts/0901888484?colour=red',
  ])('%s: 400', async (path) => {
    await refused(400, service.api(path));
  });

  it.each([
    ['/nowhere'],
    ['/'],
    ['/messages/nobody'],
    ['/messages/%00'],
    ['/messages/%zz'],
    ['/messages/%ff'],
    [`/messages/${'x'.repeat(5_000)}`],
    ['/messages/__proto__%00'],
    ['/crm/contacts/0999999999'],
    ['/crm/contacts/%00'],
    ['/quarantine/nothing'],
    ['/health'],
  ])('%s: 404', async (path) => {
    await refused(404, service.api(path));
  });

  it('that is not HTTP as expected: a problem too', async () => {
    await refused(404, service.api('/messages', { method: 'DELETE' }));
    await refused(404, service.api('/messages/x', { method: 'PUT', body: {} }));
    await refused(400, service.api('/messages', { method: 'POST', body: '{bad' }));
    await refused(400, service.api('/messages', { method: 'POST', body: '' }));
    await refused(400, service.api('/messages', { method: 'POST', body: 'null' }));
    await refused(400, service.api('/messages', { method: 'POST', body: '5' }));
    await refused(400, service.api('/messages', { method: 'POST', body: '{"smsId":"x","__proto__":{"ref":"y"}}' }));
    await refused(413, service.api('/messages', { method: 'POST', body: `"${'x'.repeat(2 * 1024 * 1024)}"` }));
    const headers = { 'content-type': 'application/xml' };
    await refused(415, service.api('/messages', { method: 'POST', body: '<a/>', headers }));
  });

  it('names every problem at once', async () => {
    const { body } = await service.api<{ errors: string[] }>('/messages?state=lost&limit=0&colour=red');
    expect(body.errors.map((error) => /^\w+/.exec(error)?.[0]).toSorted()).toEqual(['colour', 'limit', 'state']);
  });

  const READS = [
    '/messages',
    '/messages/x',
    '/quarantine',
    '/billing/ledger',
    '/billing/summary',
    '/crm/contacts/0901888484',
  ];

  it.each(READS)('%s without a key, or with a wrong one: 401', async (path) => {
    await refused(401, service.api(path, { key: null }));
    await refused(401, service.api(path, { key: '' }));
    await refused(401, service.api(path, { key: 'key-of-nobody-at-all' }));
    await refused(401, service.api(path, { key: TOKENS.default }));
    await refused(401, service.api(path, { key: null, headers: { authorization: `Basic ${KEYS.all}` } }));
    await refused(401, service.api(path, { key: null, headers: { authorization: `Bearer ${KEYS.all}x` } }));
    await refused(401, service.api(`${path}?x-api-key=${KEYS.all}&api_key=${KEYS.all}`, { key: null }));
  });

  it('takes the key as a bearer as well', async () => {
    for (const scheme of ['Bearer', 'bearer']) {
      const answer = await service.api('/messages', {
        key: null,
        headers: { authorization: `${scheme} ${KEYS.read}` },
      });
      expect(answer.status).toBe(200);
    }
  });

  it('lacking the scope: 403', async () => {
    const replay = `/quarantine/${ID}/replay`;
    await refused(403, service.api('/messages', { method: 'POST', key: KEYS.read, body: { smsId: 'x' } }));
    await refused(403, service.api(replay, { method: 'POST', key: KEYS.read, body: {} }));
    await refused(403, service.api(replay, { method: 'POST', key: KEYS.bare, body: {} }));
    await refused(404, service.api(replay, { method: 'POST', key: KEYS.all, body: {} }));
  });

  it('health and the description need no key', async () => {
    for (const path of ['/health/live', '/health/ready', '/docs-json']) {
      expect((await service.api(path, { key: null })).status).toBe(200);
    }
  });
});

describe('without the scope pii', () => {
  it('recipients are masked, everywhere', async () => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId, { phonenumber: '84911000099', RequestId: 'pii-request' }));
    await service.register({ ref: 'pii-ref', recipient: '0911000098' });
    await service.settled();
    expect((await service.message(smsId)).recipient).toEqual({ kind: 'phone', value: '0911000099' });
    for (const key of [KEYS.read, KEYS.bare]) {
      const masked = { kind: 'phone', value: '09******99' };
      expect((await service.message(smsId, key)).recipient).toEqual(masked);
      const { body } = await service.api<{ items: Message[] }>('/messages?phone=%2B84911000099', { key });
      expect(body.items.map((item) => [item.smsId, item.recipient])).toEqual([[smsId, masked]]);
      const contact = await service.api('/crm/contacts/0911000099', { key });
      expect(contact.body).toMatchObject({ id: '09******99', kind: 'phone', history: [{ smsId }] });
      for (const path of [`/messages/${smsId}`, '/messages?ref=pii-ref', '/crm/contacts/0911000099', '/quarantine']) {
        expect((await service.api(path, { key })).text).not.toMatch(/91100009[89]/);
      }
    }
    const registered = await service.register({ ref: 'pii-ref' }, KEYS.bare);
    expect(registered.body.recipient).toEqual({ kind: 'phone', value: '09******98' });
    const many = await service.register<{ items: { message: Message }[] }>([{ ref: 'pii-ref' }], KEYS.bare);
    expect(many.body.items[0]?.message.recipient).toEqual({ kind: 'phone', value: '09******98' });
  });

  it('a short recipient shows nothing', async () => {
    const smsId = nextSmsId();
    await service.callbacks(callbackQuery(smsId, { phonenumber: '1900' }));
    expect((await service.message(smsId, KEYS.read)).recipient).toEqual({ kind: 'other', value: '****' });
  });
});

describe('two accounts', () => {
  it('with equal SMSIDs, RequestIds, refs and people never see each other', async () => {
    const query = (price: string) =>
      callbackQuery('equal', { RequestId: 'equal', TotalPrice: price, phonenumber: '0911000050' });
    await service.callbacks(query('1.0000'));
    expect((await service.callback(query('2.0000'), { token: TOKENS.acme })).text).toBe('OK');
    await service.register({ smsId: 'equal', ref: 'equal' }, KEYS.acme);
    await service.settled();

    for (const [key, account, price, registered] of [
      [KEYS.all, 'default', '1.0000', false],
      [KEYS.acme, 'acme', '2.0000', true],
    ] as const) {
      const message = await service.message('equal', key);
      expect(message).toMatchObject({ account, registered, price: { amount: price }, contradicted: false });
      expect(message.receipts).toHaveLength(1);
      const list = await service.api<{ items: Message[] }>('/messages?requestId=equal', { key });
      expect(list.body.items.map((item) => item.account)).toEqual([account]);
      expect((await service.api('/billing/ledger?smsId=equal', { key })).body).toMatchObject({ sum: price });
      const contact = await service.api<{ history: unknown[] }>('/crm/contacts/0911000050', { key });
      expect(contact.body.history).toHaveLength(1);
    }
    const events = await service.events('equal');
    expect(events.filter(({ account }) => account === 'default').map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(events.filter(({ account }) => account === 'acme').map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(5);
  });

  it('a foreign message is answered like one that is not there', async () => {
    await service.callbacks(callbackQuery('mine-alone', { phonenumber: '0911000051' }));
    await service.callback('SendStatus=5&mine=1');
    await service.settled();
    const absent = await service.api('/messages/nobody-at-all', { key: KEYS.acme });
    const foreign = await service.api('/messages/mine-alone', { key: KEYS.acme });
    expect([foreign.status, foreign.text]).toEqual([absent.status, absent.text]);
    expect(foreign.status).toBe(404);
    expect((await service.api('/messages/mine-alone?account=default', { key: KEYS.acme })).status).toBe(404);
    expect((await service.api('/messages/mine-alone?account=default')).status).toBe(200);
    expect((await service.api('/crm/contacts/0911000051', { key: KEYS.acme })).status).toBe(404);
    expect((await service.api('/crm/contacts/0911000051?account=default', { key: KEYS.acme })).status).toBe(404);
    for (const path of ['/messages', '/quarantine']) {
      const list = await service.api(`${path}?account=default`, { key: KEYS.acme });
      expect(list.body).toEqual({ items: [], nextCursor: null });
    }
    expect((await service.api('/billing/ledger?account=default', { key: KEYS.acme })).body).toEqual({
      items: [],
      nextCursor: null,
      sum: '0.0000',
    });
    expect((await service.api('/billing/summary?account=default', { key: KEYS.acme })).body).toEqual({
      groups: [],
      sum: '0.0000',
    });
    expect((await service.api('/quarantine', { key: KEYS.acme })).body).toEqual({ items: [], nextCursor: null });
  });
});

describe('the quarantine', () => {
  interface Item {
    id: string;
    account: string;
    receivedAt: string;
    reason: string;
    raw: string | null;
    replayedAs: string | null;
  }

  async function quarantined(query: string): Promise<Item> {
    expect((await service.callback(query)).text).toMatch(/^QUARANTINED /);
    const { body } = await service.api<{ items: Item[] }>('/quarantine?limit=1');
    return body.items[0] as Item;
  }

  const replay = (id: string, body: unknown = {}, key: string = KEYS.all) =>
    service.api<Item & { detail?: string }>(`/quarantine/${id}/replay`, { method: 'POST', key, body });

  it('lists what it has, the last stored first, page by page, the bytes for those who may see them', async () => {
    const queries = ['SendStatus=5&n=1', 'SendStatus=5&n=2', 'SendStatus=5&n=%ff"{}&n=3'];
    for (const query of queries) await quarantined(query);
    const first = await service.api<{ items: Item[]; nextCursor: string | null }>('/quarantine?limit=2');
    expect(first.body.items.map(({ raw }) => raw)).toEqual([queries[2], queries[1]]);
    expect(first.body.items[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      account: 'default',
      receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      reason: 'sms_id_absent',
      raw: queries[2],
      replayedAs: null,
    });
    const second = await service.api<{ items: Item[] }>(`/quarantine?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items[0]?.raw).toBe(queries[0]);
    const blind = await service.api<{ items: Item[] }>('/quarantine?limit=500', { key: KEYS.read });
    expect(new Set(blind.body.items.map(({ raw }) => raw))).toEqual(new Set([null]));
    expect(blind.body.items.slice(0, 2).map(({ id }) => id)).toEqual(first.body.items.map(({ id }) => id));
  });

  it('replays the original bytes, account and time under the SMSID given; the row stays, marked', async () => {
    const query = `${callbackQuery('')}&n=replay`;
    const item = await quarantined(query);
    const answer = await replay(item.id, { smsId: 'replayed-1' });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toEqual({ ...item, replayedAs: 'replayed-1' });

    const message = await service.message('replayed-1');
    expect(message).toMatchObject({
      account: 'default',
      outcome: 'delivered',
      price: { amount: '850.0000' },
      createdAt: item.receivedAt,
      reportedAt: item.receivedAt,
    });
    expect(message.receipts).toMatchObject([{ receivedAt: item.receivedAt, repeats: 0, decision: 'applied' }]);
    const [row] = await service.rows(`select raw from esms.receipts where sms_id = 'replayed-1'`);
    expect((row?.['raw'] as Buffer).toString('latin1')).toBe(query);
    await service.settled();
    expect(await service.ledger('replayed-1')).toMatchObject({ sum: '850.0000' });

    const list = await service.api<{ items: Item[] }>('/quarantine');
    expect(list.body.items.find(({ id }) => id === item.id)).toEqual({ ...item, replayedAs: 'replayed-1' });
  });

  it('replayed twice: the same again changes nothing, another SMSID is 409', async () => {
    const item = await quarantined(`${callbackQuery('')}&n=twice`);
    await replay(item.id, { smsId: 'replayed-2' });
    const before = await service.message('replayed-2');
    for (const body of [{ smsId: 'replayed-2' }, {}, { smsId: ' replayed-2 ' }]) {
      const again = await replay(item.id, body);
      expect(again.status).toBe(200);
      expect(again.body.replayedAs).toBe('replayed-2');
    }
    expect(await service.message('replayed-2')).toEqual(before);
    const other = await replay(item.id, { smsId: 'replayed-3' });
    expect(other.status).toBe(409);
    expect(other.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect((await service.api('/messages/replayed-3')).status).toBe(404);
  });

  it('replayed twice at the same moment under two SMSIDs: kept under one, the other is 409', async () => {
    for (let round = 0; round < 5; round++) {
      const item = await quarantined(`${callbackQuery('')}&n=race-${round}`);
      const names = [`race-${round}-a`, `race-${round}-b`];
      const answers = await Promise.all(names.map((smsId) => replay(item.id, { smsId })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const found = await Promise.all(names.map((smsId) => service.api(`/messages/${smsId}`)));
      expect(found.map(({ status }) => status)).toEqual(answers.map(({ status }) => (status === 200 ? 200 : 404)));
    }
  });

  it('without an SMSID that is needed, or with one that is none: refused, and the row is as before', async () => {
    const item = await quarantined(`${callbackQuery('')}&n=refused`);
    expect((await replay(item.id)).status).toBe(422);
    for (const smsId of ['', '  ', 'a\u0000b', 'x'.repeat(129), 5]) {
      expect((await replay(item.id, { smsId })).status).toBe(400);
    }
    expect((await replay(item.id, { colour: 'red' })).status).toBe(400);
    expect((await replay(item.id, { smsId: 'replayed-4' }, KEYS.acme)).status).toBe(404);
    const list = await service.api<{ items: Item[] }>('/quarantine?limit=1');
    expect(list.body.items[0]).toEqual(item);
  });

  it('replayed into a message that is there: decided like any other report', async () => {
    await service.callbacks(callbackQuery('replayed-5', { SendStatus: '7', SendSuccess: '0' }));
    const item = await quarantined(`${callbackQuery('')}&n=joined`);
    await replay(item.id, { smsId: 'replayed-5' });
    expect(await service.message('replayed-5')).toMatchObject({ outcome: 'delivered', contradicted: false });
  });
});

it('nothing of all this was a fault of ours, and the log tells no token, key, phone or query', async () => {
  await service.settled();
  const log = service.log.join('\n');
  for (const secret of [...Object.values(TOKENS), ...Object.values(KEYS)]) expect(log).not.toContain(secret);
  expect(log).not.toMatch(/0?9(?:01888484|11000)/);
  expect(log).not.toMatch(/SMSID=|SendStatus=|phonenumber/i);
  expect(log).not.toMatch(/TypeError|RangeError|QueryFailedError|invalid input syntax/);
  expect(await service.rows(`select count(*)::int from esms.quarantine where reason = 'unstorable'`)).toEqual([
    { count: 0 },
  ]);
  expect(await service.rows('select count(*)::int from esms.deliveries where attempts > 1')).toEqual([{ count: 0 }]);
});
