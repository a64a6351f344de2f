import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery, counted } from '../support/callback-query.js';
import { type Answer, KEYS, type Message, Service } from '../support/service.js';

let service: Service;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

interface Found {
  items: Message[];
  nextCursor: string | null;
}

const find = async (question: string): Promise<Message[]> =>
  (await service.api<Found>(`/messages?${question}`)).body.items;

/** A message but for its names and times, which two messages never share. */
function withoutNames({ receipts, ...message }: Message) {
  const { smsId: _smsId, requestId: _requestId, createdAt: _created, ...others } = message;
  const { sentAt: _sent, reportedAt: _reported, updatedAt: _updated, ...shown } = others;
  return {
    ...shown,
    receipts: receipts.map(({ id: _id, receivedAt: _at, recordedAt: _stored, ...receipt }) => receipt),
  };
}

it('takes null for what is not said, as our own answers say it', async () => {
  const nothing = { smsId: null, requestId: null, channel: null, recipient: null, scheduledFor: null, metadata: null };
  const { status, body } = await service.register({ ...nothing, ref: 'order-of-nulls' });
  expect([status, body]).toEqual([
    201,
    expect.objectContaining({ ref: 'order-of-nulls', recipient: null, metadata: null }),
  ]);
  expect((await service.register({ ...nothing, ref: null })).status).toBe(400);
});

describe('a callback before POST /messages and after it', () => {
  it('gives the same final message by SMSID', async () => {
    const metadata = { order: 42 };
    await service.callbacks(callbackQuery('by-sms-id-1'));
    expect(await service.message('by-sms-id-1')).toMatchObject({ registered: false, metadata: null });
    const after = await service.register({ smsId: 'by-sms-id-1', metadata });
    expect(after.status).toBe(201);
    expect(after.body).toMatchObject({ smsId: 'by-sms-id-1', registered: true, outcome: 'delivered', metadata });

    const before = await service.register({ smsId: 'by-sms-id-2', metadata });
    expect(before.status).toBe(201);
    expect(before.body).toMatchObject({ smsId: 'by-sms-id-2', registered: true, state: 'pending', outcome: null });
    expect(await service.message('by-sms-id-2')).toMatchObject({ state: 'pending', metadata, receipts: [] });
    await service.callbacks(callbackQuery('by-sms-id-2'));

    const [first, second] = [await service.message('by-sms-id-1'), await service.message('by-sms-id-2')];
    expect(withoutNames(second)).toEqual(withoutNames(first));
    expect(second).toMatchObject({ registered: true, outcome: 'delivered', metadata, price: { amount: '850.0000' } });
    expect((await service.eventTypes('by-sms-id-1')).toSorted()).toEqual(
      (await service.eventTypes('by-sms-id-2')).toSorted(),
    );
  });

  it('gives the same final message by RequestId alone', async () => {
    await service.callbacks(callbackQuery('by-request-1', { RequestId: 'request-1' }));
    const after = await service.register({ requestId: 'request-1', ref: 'order-1' });
    expect(after.status).toBe(201);
    expect(after.body).toMatchObject({ smsId: 'by-request-1', registered: true, ref: 'order-1', outcome: 'delivered' });

    const before = await service.register({ requestId: 'request-2', ref: 'order-2' });
    expect(before.status).toBe(201);
    expect(before.body).toMatchObject({ smsId: null, registered: true, state: 'pending', requestId: 'request-2' });
    await service.callbacks(callbackQuery('by-request-2', { RequestId: 'request-2' }));

    const [first, second] = [await service.message('by-request-1'), await service.message('by-request-2')];
    expect(withoutNames({ ...second, ref: null })).toEqual(withoutNames({ ...first, ref: null }));
    expect([first.ref, second.ref]).toEqual(['order-1', 'order-2']);
    for (const smsId of ['by-request-1', 'by-request-2']) {
      expect((await service.eventTypes(smsId)).filter((type) => type === 'message.registered')).toHaveLength(1);
    }
    expect(await find('ref=order-2')).toMatchObject([{ smsId: 'by-request-2' }]);
  });

  it('by a RequestId that only the second callback carries', async () => {
    await service.register({ requestId: 'request-late', ref: 'order-late' });
    await service.callbacks(callbackQuery('by-request-late', { SendStatus: '2' }));
    expect(await service.message('by-request-late')).toMatchObject({ registered: false });
    await service.callbacks(callbackQuery('by-request-late', { RequestId: 'request-late' }));
    expect(await service.message('by-request-late')).toMatchObject({ registered: true, ref: 'order-late' });
  });

  it('two legs of one RequestId: the one received first is linked, and a second registration gets the other', async () => {
    await service.callbacks(
      callbackQuery('leg-zalo', { RequestId: 'request-legs', TypeId: '24', SendSuccess: '0', SendFailed: '1' }),
      callbackQuery('leg-sms', { RequestId: 'request-legs' }),
    );
    expect((await service.register({ requestId: 'request-legs', ref: 'legs-1' })).body.smsId).toBe('leg-zalo');
    expect(await service.message('leg-sms')).toMatchObject({ registered: false, requestId: 'request-legs' });
    const second = await service.register({ requestId: 'request-legs', ref: 'legs-2' });
    expect(second.status).toBe(201);
    expect(second.body.smsId).toBe('leg-sms');
    expect((await find('requestId=request-legs')).map(({ smsId, ref }) => [smsId, ref])).toEqual([
      ['leg-sms', 'legs-2'],
      ['leg-zalo', 'legs-1'],
    ]);
  });
});

describe('the answer', () => {
  const request = {
    smsId: 'answer-1',
    requestId: 'answer-request-1',
    ref: 'answer-ref-1',
    channel: 'zalo_zns',
    recipient: '+84 911 000 010',
    scheduledFor: '2026-12-01T08:00:00+07:00',
    metadata: { order: 1, lines: ['a', 'b'] },
  };

  it('is 201 for a new one, 200 for the same again, 200 for a completed one', async () => {
    const { smsId, ref } = request;
    const created = await service.register({ smsId, ref });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      smsId: 'answer-1',
      ref: 'answer-ref-1',
      requestId: null,
      channel: null,
      recipient: null,
      metadata: null,
      state: 'pending',
      outcome: null,
      final: false,
      registered: true,
      price: { amount: null, currency: 'VND' },
      counters: { receivers: null, sent: null, succeeded: null, failed: null },
    });
    const completed = await service.register(request);
    expect(completed.status).toBe(200);
    expect(completed.body).toMatchObject({
      requestId: 'answer-request-1',
      channel: 'zalo_zns',
      recipient: { kind: 'phone', value: '0911000010' },
      metadata: { order: 1, lines: ['a', 'b'] },
      createdAt: created.body.createdAt,
    });
    const again = await service.register(request);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(completed.body);
    expect((await service.register({ ref, metadata: { note: 'x' } })).body.metadata).toEqual({
      order: 1,
      lines: ['a', 'b'],
      note: 'x',
    });
    expect(await service.eventTypes('answer-1')).toEqual([
      'message.registered',
      'message.registered',
      'message.registered',
    ]);
  });

  it.each([
    ['ref', { smsId: 'answer-1', ref: 'another-ref' }],
    ['smsId', { ref: 'answer-ref-1', smsId: 'another-sms-id' }],
    ['requestId', { ref: 'answer-ref-1', requestId: 'another-request' }],
    ['channel', { ref: 'answer-ref-1', channel: 'viber' }],
    ['recipient', { ref: 'answer-ref-1', recipient: '0911000011' }],
    ['scheduledFor', { ref: 'answer-ref-1', scheduledFor: '2026-12-01T08:00:01+07:00' }],
    ['metadata', { ref: 'answer-ref-1', metadata: { order: 2 } }],
  ])('is 409 where it contradicts: %s', async (field, body) => {
    const before = await service.message('answer-1');
    const answer = await service.register<{ status: number; title: string; detail: string }>(body);
    expect(answer.status).toBe(409);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ status: 409, title: 'Conflict' });
    expect(answer.body.detail).toContain(field);
    expect(await service.message('answer-1')).toEqual(before);
  });

  it('is 409 where ref and SMSID name two registrations', async () => {
    await service.register({ ref: 'two-a', smsId: 'two-sms-a' });
    await service.register({ ref: 'two-b', smsId: 'two-sms-b' });
    expect((await service.register({ ref: 'two-a', smsId: 'two-sms-b' })).status).toBe(409);
  });

  it('is 409 where the callback that is there carries another RequestId than the one stated', async () => {
    await service.callbacks(callbackQuery('known-request', { RequestId: 'request-of-gateway' }));
    const before = await service.message('known-request');
    const answer = await service.register({ smsId: 'known-request', requestId: 'request-of-company' });
    expect(answer.status).toBe(409);
    expect(await service.message('known-request')).toEqual(before);
  });

  it('is 409 where the SMSID is of a message that another registration was linked to by its RequestId', async () => {
    await service.register({ requestId: 'request-taken', ref: 'taken-1' });
    await service.callbacks(callbackQuery('taken', { RequestId: 'request-taken' }));
    expect((await service.register({ smsId: 'taken', ref: 'taken-2' })).status).toBe(409);
    expect((await service.register({ smsId: 'taken' })).status).toBe(200);
  });

  it.each([
    ['nothing that names it', {}],
    ['an unknown field', { smsId: 'x', colour: 'red' }],
    ['an unknown channel', { smsId: 'x', channel: 'pigeon' }],
    ['a number', { smsId: 5 }],
    ['an empty name', { smsId: '' }],
    ['blanks', { smsId: '  ' }],
    ['a control character', { smsId: 'a\u0000b' }],
    ['a name too long', { smsId: 'x'.repeat(129) }],
    ['no time', { smsId: 'x', scheduledFor: 'tomorrow' }],
    ['a week', { smsId: 'x', scheduledFor: '2026-W49' }],
    ['a year before the first', { smsId: 'x', scheduledFor: '0000-01-01' }],
    ['metadata that are a list', { smsId: 'x', metadata: [1] }],
    ['metadata with NUL', { smsId: 'x', metadata: { a: '\u0000' } }],
    ['metadata with half a character', { smsId: 'x', metadata: { a: '\ud800' } }],
    ['metadata too long', { smsId: 'x', metadata: { a: 'x'.repeat(16_384) } }],
    ['half a character', { smsId: 'x\ud800' }],
    ['a year PostgreSQL has not', { smsId: 'x', scheduledFor: '0001-01-01' }],
    ['a time beyond the last year', { smsId: 'x', scheduledFor: '9999-12-31T23:59:59-14:00' }],
    ['metadata under a name of JavaScript alone', { constructor: { a: 1 }, smsId: 'x' }],
  ])('is 400 for %s', async (_what, body) => {
    const answer = await service.register(body);
    expect(answer.status, answer.text).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  });

  it('is 400 for metadata 10,000 levels deep, and the process lives', async () => {
    const metadata = `{"a":`.repeat(10_000) + '1' + '}'.repeat(10_000);
    const answer = await service.register(`{"smsId":"deep","metadata":${metadata}}`);
    expect(answer.status).toBe(400);
    expect((await service.api('/health/live')).status).toBe(200);
  });

  it('keeps metadata as they came, whatever their keys', async () => {
    const metadata = { constructor: 'c', prototype: 'p', toString: 't', nested: { constructor: 1, list: [null, {}] } };
    const answer = await service.register({ smsId: 'metadata-keys', metadata });
    expect(answer.body.metadata).toEqual(metadata);
    expect((await service.message('metadata-keys')).metadata).toEqual(metadata);
    await service.register({ smsId: 'metadata-later', metadata: { a: 1 } });
    const later = await service.register({ smsId: 'metadata-later', metadata: { valueOf: 'v' } });
    expect(later.status).toBe(200);
    expect(later.body.metadata).toEqual({ a: 1, valueOf: 'v' });
  });
});

describe('what people paste', () => {
  it.each([
    ['a zero-width space', 'paste\u200b-1'],
    ['a byte order mark', '\ufeffpaste-2'],
    ['a no-break space at the end', 'paste-3\u00a0'],
    ['marks of direction', '\u202apaste-4\u202c'],
    ['a soft hyphen', 'pas\u00adte-5'],
  ])('links by SMSID and by RequestId: %s', async (_what, pasted) => {
    const typed = pasted.replaceAll(/[^\w-]/g, '');
    expect((await service.register({ smsId: pasted })).body).toMatchObject({ smsId: typed });
    expect((await service.register({ requestId: `r-${pasted}`, ref: `ref-${pasted}` })).status).toBe(201);
    await service.callbacks(callbackQuery(typed), callbackQuery(`r-${typed}`, { RequestId: `r-${typed}` }));
    expect(await service.message(typed)).toMatchObject({ registered: true, outcome: 'delivered' });
    expect(await service.message(`r-${typed}`)).toMatchObject({ registered: true, ref: `ref-${typed}` });
    expect((await service.message(pasted)).smsId).toBe(typed);
    for (const question of [`requestId=r-${pasted}`, `ref=ref-${pasted}`]) {
      expect(await find(encodeURI(question)), question).toMatchObject([{ smsId: `r-${typed}` }]);
    }
  });

  it('links where the callback has the invisible characters', async () => {
    await service.register({ smsId: 'paste-back' });
    await service.callbacks(callbackQuery(encodeURIComponent('paste\u200b-back\ufeff')));
    expect(await service.message('paste-back')).toMatchObject({ registered: true, outcome: 'delivered' });
  });

  it('is refused where nothing visible is in it', async () => {
    expect((await service.register({ smsId: '\u200b\u2060' })).status).toBe(400);
    expect((await service.register({ ref: '\ufeff' })).status).toBe(400);
  });

  it('is one registration and one person in every spelling of the phone', async () => {
    const forms = ['0912000777', '0084912000777', '+84 (0)912 000 777', "'0912.000.777", '\u200e84-912-000-777\u00a0'];
    const answers = [];
    for (const recipient of forms) answers.push(await service.register({ ref: 'one-person', recipient }));
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200]);
    await service.register({ ref: 'one-person', smsId: 'one-person' });
    await service.callbacks(callbackQuery('one-person', { phonenumber: encodeURIComponent('+84 (0)912 000 777') }));
    await service.settled();
    for (const form of forms) {
      const asked = encodeURIComponent(form);
      expect(await find(`phone=${asked}`), form).toMatchObject([{ recipient: { kind: 'phone', value: '0912000777' } }]);
      expect((await service.api(`/crm/contacts/${asked}`)).body, form).toMatchObject({ id: '0912000777' });
    }
  });
});

describe('a body', () => {
  const problemOf = async (body: string): Promise<[number, string]> => {
    const answer = await service.register<{ detail: string }>(body);
    return [answer.status, answer.body.detail];
  };

  it.each([
    '5308693166941955879',
    '-5308693166941955879',
    '9007199254740993',
    '9007199254740992',
    '1e400',
    '1e-400',
    '0.1234567890123456789',
  ])('with a number that JavaScript changes is refused by its path: %s', async (number) => {
    const why = 'a number that cannot be kept exactly; give it as text';
    const bodies = [
      `{"ref":"number","metadata":{"zaloUserId":${number}}}`,
      `{"ref":"number","metadata":{"a":[1,{"b c":${number}}]}}`,
    ];
    expect(await problemOf(bodies[0] as string)).toEqual([400, `metadata.zaloUserId: ${why}`]);
    expect(await problemOf(bodies[1] as string)).toEqual([400, `metadata.a[1].b c: ${why}`]);
    expect(await find('ref=number')).toEqual([]);
  });

  it('keeps every number that it takes', async () => {
    const metadata = { a: 1, b: 0.1, c: 1e2, d: -9007199254740991, e: 5e-324, f: 1.5e-7, g: '5308693166941955879' };
    expect((await service.register({ ref: 'numbers', metadata })).body.metadata).toEqual(metadata);
    expect((await find('ref=numbers'))[0]?.metadata).toEqual(metadata);
    const again = await service.register('{"ref":"numbers","metadata":{"a":1.0,"c":100,"b":0.10,"e":5E-324}}');
    expect(again.status).toBe(200);
  });

  it.each(['-0.0', '-0', '0.0', '-0e5'])('takes %s for zero, as often as it comes', async (zero) => {
    const body = `{"ref":"zero","metadata":{"a":${zero},"b":[${zero}]}}`;
    expect([200, 201]).toContain((await service.register(body)).status);
    expect((await service.register(body)).status).toBe(200);
    expect((await find('ref=zero'))[0]?.metadata).toEqual({ a: 0, b: [0] });
  });

  it.each([
    ['{"ref":"body","metadata":{"__proto__":{"a":1}}}', 'metadata.__proto__: not a key that can be kept'],
    ['{"ref":"body","metadata":{"a":[{"__proto__":1}]}}', 'metadata.a[0].__proto__: not a key that can be kept'],
    ['{"ref":"body","__proto__":{"a":1}}', '__proto__: must not be given'],
    ['{"ref":"body","ref":"other"}', 'ref: given more than once'],
    ['{"ref":"body","metadata":{"a":{"b":1,"b":2}}}', 'metadata.a.b: given more than once'],
    ['{"ref":"body","metadata":{"a":["\\ud800"]}}', 'metadata.a[0]: no NUL characters and no broken surrogates'],
    ['{"ref":"body","metadata":{"a":{"\\u0000":1}}}', 'metadata.a: no key with NUL characters or broken surrogates'],
    ['{"ref":"body",}', 'the body is not valid JSON'],
    ['', 'the body is not valid JSON'],
  ])('is refused in words: %s', async (body, detail) => {
    expect(await problemOf(body)).toEqual([400, detail]);
    expect(await find('ref=body')).toEqual([]);
  });

  it('keeps names of JavaScript as data', async () => {
    const metadata = { constructor: { prototype: { a: 1 } }, prototype: 1, toJSON: 'x', hasOwnProperty: null };
    expect((await service.register({ ref: 'js-names', metadata })).body.metadata).toEqual(metadata);
  });

  it('of many spoils no other by its number or key', async () => {
    const answer = await service.register<{ items: { status: number; error?: { detail: string } }[] }>(
      '[{"ref":"apart-1"},{"ref":"apart-2","metadata":{"a":1e400}},{"ref":"apart-3","metadata":{"__proto__":1}},{"ref":"apart-4"}]',
    );
    expect(answer.body.items.map(({ status }) => status)).toEqual([201, 400, 400, 201]);
    expect(answer.body.items[1]?.error?.detail).toMatch(/^metadata\.a: /);
  });
});

describe('an array', () => {
  it('answers 200 with one answer each, in order', async () => {
    await service.register({ ref: 'array-known', requestId: 'array-request' });
    const answer = await service.register<{ items: { status: number; message?: Message; error?: object }[] }>([
      { smsId: 'array-1' },
      { ref: 'array-known' },
      { ref: 'array-known', requestId: 'array-other' },
      { colour: 'red' },
      'text',
      null,
      [{ smsId: 'array-nested' }],
      { smsId: 'array-1' },
    ]);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['items']);
    expect(answer.body.items.map(({ status }) => status)).toEqual([201, 200, 409, 400, 400, 400, 400, 200]);
    expect(answer.body.items[0]?.message).toMatchObject({ smsId: 'array-1', registered: true, state: 'pending' });
    expect(answer.body.items[2]).toEqual({
      status: 409,
      error: { title: expect.any(String), detail: expect.stringContaining('requestId') },
    });
    expect((await service.api('/messages/array-nested')).status).toBe(404);
  });

  it('of 500 is taken, of 501 refused as a whole, of none answered', async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ smsId: `many-${index}` }));
    const refused = await service.register(many);
    expect(refused.status).toBe(400);
    expect((await service.api('/messages/many-0')).status).toBe(404);
    const taken = await service.register<{ items: { status: number }[] }>(many.slice(0, 500));
    expect(taken.status).toBe(200);
    expect(taken.body.items.filter(({ status }) => status === 201)).toHaveLength(500);
    expect((await service.register([])).body).toEqual({ items: [] });
    expect(
      await service.rows(
        `select count(*)::int, count(distinct xmin::text)::int as transactions
         from esms.registrations where sms_id like 'many-%'`,
      ),
    ).toEqual([{ count: 500, transactions: 1 }]);
  });

  it('goes one after the other: what the first of them registered, the second one completes or contradicts', async () => {
    await service.callbacks(
      callbackQuery('turn-zalo', { RequestId: 'turn-request', TypeId: '24' }),
      callbackQuery('turn-sms', { RequestId: 'turn-request' }),
    );
    const answer = await service.register<{ items: { status: number; message?: Message; error?: object }[] }>([
      { ref: 'turn-1', requestId: 'turn-request' },
      { ref: 'turn-2', requestId: 'turn-request' },
      { ref: 'turn-3', requestId: 'turn-request' },
      { ref: 'turn-1', metadata: { a: 1 } },
      { ref: 'turn-1', metadata: { a: 2 } },
      { ref: 'turn-1', metadata: { b: 2 } },
      { ref: 'turn-3', smsId: 'turn-named' },
      { smsId: 'turn-named', ref: 'turn-4' },
      { smsId: 'turn-named', channel: 'viber' },
      { requestId: 'turn-request', smsId: 'turn-sms', ref: 'turn-2', recipient: '0911000400' },
    ]);
    expect(answer.body.items.map(({ status, message }) => [status, message?.smsId])).toEqual([
      [201, 'turn-zalo'],
      [201, 'turn-sms'],
      [201, null],
      [200, 'turn-zalo'],
      [409, undefined],
      [200, 'turn-zalo'],
      [200, 'turn-named'],
      [409, undefined],
      [200, 'turn-named'],
      [200, 'turn-sms'],
    ]);
    expect(await service.message('turn-zalo')).toMatchObject({ ref: 'turn-1', metadata: { a: 1, b: 2 } });
    expect(await service.message('turn-sms')).toMatchObject({ ref: 'turn-2' });
    expect(await service.message('turn-named')).toMatchObject({ ref: 'turn-3', channel: 'viber' });
    expect(await service.eventTypes('turn-named')).toEqual(['message.registered', 'message.registered']);
    expect((await service.events('turn-zalo')).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  });

  it('at once with others of the same in another order, and with their callbacks: each is answered and linked', async () => {
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    const bodies = numbers.map((index) =>
      index % 2 === 0
        ? { ref: `knot-${index}`, requestId: `knot-request-${index}` }
        : { ref: `knot-${index}`, smsId: `knot-sms-${index}` },
    );
    const batch = async (list: object[]): Promise<number[]> => {
      const { body } = await service.register<{ items: { status: number }[] }>(list);
      return body.items.map(({ status }) => status);
    };
    const [callbacks, ...answers] = await Promise.all([
      Promise.all(
        numbers.map((index) =>
          service.callback(callbackQuery(`knot-sms-${index}`, { RequestId: `knot-request-${index}` })),
        ),
      ),
      batch(bodies),
      batch(bodies.toReversed()),
      batch([...bodies.slice(30), ...bodies.slice(0, 30)]),
    ]);
    expect(callbacks.every(({ text }) => text === 'OK')).toBe(true);
    expect(answers.flat().filter((status) => status === 201)).toHaveLength(60);
    expect(answers.flat().filter((status) => status === 200)).toHaveLength(120);
    expect(
      await service.rows(
        `select count(*)::int from esms.registrations r join esms.messages m on m.sms_id = r.linked_sms_id
         where r.ref like 'knot-%' and m.sms_id = 'knot-sms-' || substr(r.ref, 6) and m.registered`,
      ),
    ).toEqual([{ count: 60 }]);
  });

  it('is read back page by page, each message once', async () => {
    const seen: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body }: Answer<Found> = await service.api<Found>(`/messages?limit=77${next}`);
      expect(body.items.length).toBeLessThanOrEqual(77);
      seen.push(...body.items.map(({ smsId }) => smsId));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(await service.rows('select count(*)::int from esms.messages')).toEqual([{ count: seen.length }]);
  });
});

describe('a registration by ref alone', () => {
  it('is found by its ref, pending, until it is linked', async () => {
    const created = await service.register({ ref: 'ref-alone', metadata: { a: 1 }, channel: 'viber' });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ smsId: null, ref: 'ref-alone', state: 'pending', channel: 'viber' });
    expect(await find('ref=ref-alone')).toMatchObject([
      { smsId: null, ref: 'ref-alone', state: 'pending', outcome: null, registered: true, metadata: { a: 1 } },
    ]);
    expect(await find('ref=ref-alone&state=pending')).toHaveLength(1);
    expect(await find('ref=ref-alone&state=sent')).toHaveLength(0);
    expect(await find('ref=ref-alone&channel=sms_care')).toHaveLength(0);

    await service.callbacks(callbackQuery('ref-alone-sms', { TypeId: '23' }));
    const linked = await service.register({ ref: 'ref-alone', smsId: 'ref-alone-sms' });
    expect(linked.status).toBe(200);
    expect(linked.body).toMatchObject({ smsId: 'ref-alone-sms', ref: 'ref-alone', outcome: 'delivered' });
    expect(await find('ref=ref-alone')).toMatchObject([{ smsId: 'ref-alone-sms', metadata: { a: 1 } }]);
  });

  it('is found by its RequestId too', async () => {
    await service.register({ requestId: 'request-alone' });
    expect(await find('requestId=request-alone')).toMatchObject([
      { smsId: null, requestId: 'request-alone', state: 'pending' },
    ]);
  });
});

describe('registrations that wait for their message', () => {
  const phone = '0911000300';
  const pageOf = async (question: string): Promise<Found> => (await service.api<Found>(`/messages?${question}`)).body;

  it('are found by the phone among the messages, page by page, newest first', async () => {
    for (let index = 0; index < 7; index++) {
      await service.register({ ref: `phone-${index}`, requestId: `phone-request-${index}`, recipient: phone });
      if (index % 3 === 0) {
        await service.callbacks(
          callbackQuery(`phone-sms-${index}`, { RequestId: `phone-request-${index}`, phonenumber: phone }),
        );
      }
    }
    const refs: (string | null)[] = [];
    for (let cursor: string | null = '', isFirst = true; cursor !== null; isFirst = false) {
      const page: Found = await pageOf(`phone=${phone}&limit=2${isFirst ? '' : `&cursor=${cursor}`}`);
      expect(page.items.length).toBeLessThanOrEqual(2);
      refs.push(...page.items.map(({ ref }) => ref));
      cursor = page.nextCursor;
    }
    expect(refs).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `phone-${index}`));
    expect((await find(`phone=${phone}&state=pending`)).map(({ ref }) => ref)).toEqual(
      [5, 4, 2, 1].map((index) => `phone-${index}`),
    );
    expect(await find(`phone=${phone}&outcome=unknown`)).toEqual([]);
    expect(await find(`phone=${phone}&to=2026-01-01`)).toEqual([]);
    expect(await find(`phone=${phone}&channel=viber`)).toEqual([]);
  });

  it('are in the contact of the person', async () => {
    await service.register({ ref: 'contact-1', channel: 'viber', recipient: '+84 911 000 301' });
    const { status, body } = await service.api<{ history: object[] }>('/crm/contacts/0911000301');
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: '0911000301', kind: 'phone', reachability: {} });
    expect(body.history).toEqual([
      {
        smsId: null,
        ref: 'contact-1',
        requestId: null,
        channel: 'viber',
        outcome: null,
        reason: null,
        at: expect.any(String) as string,
      },
    ]);
    await service.register({ ref: 'contact-1', smsId: 'contact-sms-1' });
    expect((await service.api('/crm/contacts/0911000301')).status).toBe(404);
    expect((await service.api('/crm/contacts/0911000301', { key: KEYS.acme })).status).toBe(404);
  });

  it('leave the subjects of their events to themselves: no SMSID begins like one', async () => {
    const smsId = 'registration:5f0e8c1d-5b7a-4963-8e1f-0a9b8c7d6e5f';
    expect((await service.callback(callbackQuery(smsId))).text).toBe('QUARANTINED sms_id_malformed');
    expect((await service.callback(callbackQuery(`%E2%80%8B${smsId}`))).text).toBe('QUARANTINED sms_id_malformed');
    expect((await service.register({ smsId })).status).toBe(400);
    expect((await service.register({ smsId: `\u200b${smsId}` })).status).toBe(400);
    const [item] = (await service.api<{ items: { id: string }[] }>('/quarantine')).body.items;
    const replay = { method: 'POST', body: { smsId } };
    expect((await service.api(`/quarantine/${item?.id}/replay`, replay)).status).toBe(400);
    await service.callbacks(callbackQuery('Registration:x'));
    expect(await service.message('Registration:x')).toMatchObject({ outcome: 'delivered' });
  });
});

describe('what only the registration says', () => {
  it('finds the message before its callback, after it, and after a copy of it', async () => {
    const question = 'ref=said&phone=0911000020&channel=zalo_oa';
    await service.register({ smsId: 'said', ref: 'said', recipient: '84911000020', channel: 'zalo_oa' });
    const query = callbackQuery('said', { TypeId: null, phonenumber: null, telcoid: null });
    for (const outcome of [null, 'delivered', 'delivered']) {
      expect(await find(question)).toMatchObject([
        { smsId: 'said', outcome, channel: 'zalo_oa', recipient: { kind: 'phone', value: '0911000020' } },
      ]);
      await service.callbacks(query);
    }
    expect(await find('phone=0911000020&channel=viber')).toEqual([]);
    await service.callbacks(callbackQuery('said', { TypeId: '23', phonenumber: '0911000021' }));
    expect(await find(question)).toEqual([]);
    expect(await find('ref=said&phone=0911000021&channel=viber')).toMatchObject([{ smsId: 'said' }]);
  });
});

describe('crossing at the same moment', () => {
  /** More at once than one key may have waiting. */
  const register = async (body: object): Promise<Answer<Message>> => {
    const answer = await service.register(body);
    return answer.status === 429 ? register(body) : answer;
  };

  it('200 registrations by RequestId and their callbacks: every one linked, once', async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const answers = await Promise.all(
      numbers.flatMap((index): Promise<Answer<unknown>>[] => {
        const registered = () => register({ requestId: `cross-${index}`, ref: `cross-ref-${index}` });
        const called = () => service.callback(callbackQuery(`cross-sms-${index}`, { RequestId: `cross-${index}` }));
        return index % 2 === 0 ? [registered(), called()] : [called(), registered()];
      }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(200);

    expect(
      await service.rows(
        `select count(*)::int as linked from esms.registrations r join esms.messages m
         on m.account = r.account and m.sms_id = r.linked_sms_id
         where r.ref like 'cross-ref-%' and m.sms_id = 'cross-sms-' || substr(r.ref, 11) and m.registered`,
      ),
    ).toEqual([{ linked: 200 }]);
    expect(
      await service.rows(
        `select subject, count(*)::int from esms.events
         where type = 'message.registered' and subject like 'cross-sms-%' group by subject having count(*) <> 1`,
      ),
    ).toEqual([]);
    expect(
      await service.rows(
        `select count(*)::int from esms.events where type = 'message.registered' and subject like 'cross-sms-%'`,
      ),
    ).toEqual([{ count: 200 }]);
    await service.settled();
    expect(await service.message('cross-sms-7')).toMatchObject({ ref: 'cross-ref-7', outcome: 'delivered' });
  });

  it('100 registrations by SMSID, each three times, and their callbacks: one 201 each, one event each', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const statuses = await Promise.all(
      numbers.map(async (index) => {
        const registered = () => register({ smsId: `same-${index}`, metadata: { index } });
        const called = () => service.callback(callbackQuery(`same-${index}`));
        const [called1, ...answers] = await Promise.all([called(), registered(), registered(), registered()]);
        expect(called1.text).toBe('OK');
        return answers.map(({ status }) => status).toSorted();
      }),
    );
    expect(statuses).toEqual(numbers.map(() => [200, 200, 201]));
    expect(
      await service.rows(
        `select count(*)::int, count(distinct subject)::int as subjects from esms.events
         where type = 'message.registered' and subject like 'same-%'`,
      ),
    ).toEqual([{ count: 100, subjects: 100 }]);
    expect(
      await service.rows(
        `select count(*)::int from esms.messages where sms_id like 'same-%' and outcome = 'delivered' and registered`,
      ),
    ).toEqual([{ count: 100 }]);
  });

  it('four that complete one registration: nothing that was taken is lost', async () => {
    for (let round = 0; round < 5; round++) {
      const ref = `complete-${round}`;
      await service.register({ ref });
      const answers = await Promise.all([
        service.register({ ref, requestId: `complete-request-${round}` }),
        service.register({ ref, channel: 'viber' }),
        service.register({ ref, recipient: '0911000012' }),
        service.register({ ref, metadata: { a: 1 } }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(await find(`ref=${ref}`)).toMatchObject([
        {
          requestId: `complete-request-${round}`,
          channel: 'viber',
          recipient: { value: '0911000012' },
          metadata: { a: 1 },
        },
      ]);
    }
  });

  it('twenty that complete one registration: all are taken', async () => {
    await service.register({ ref: 'complete-many' });
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    const answers = await Promise.all(
      keys.map((key) => service.register({ ref: 'complete-many', metadata: { [key]: key } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
    expect((await find('ref=complete-many'))[0]?.metadata).toEqual(Object.fromEntries(keys.map((key) => [key, key])));
  });

  it('a callback that links a registration while it is given another SMSID: it is linked to one of them', async () => {
    for (let round = 0; round < 10; round++) {
      const [ref, stated, called] = [`torn-${round}`, `torn-stated-${round}`, `torn-called-${round}`];
      await service.register({ ref, requestId: `torn-request-${round}` });
      const [answer] = await Promise.all([
        service.register({ ref, smsId: stated }),
        service.callback(callbackQuery(called, { RequestId: `torn-request-${round}` })),
      ]);
      const isStated = answer.status === 200;
      expect(answer.status).toBe(isStated ? 200 : 409);
      expect(await find(`ref=${ref}`)).toMatchObject([{ smsId: isStated ? stated : called, registered: true }]);
      expect(await service.message(called)).toMatchObject({ registered: !isStated, outcome: 'delivered' });
      const events = [...(await service.eventTypes(stated)), ...(await service.eventTypes(called))];
      expect(events.filter((type) => type === 'message.registered')).toHaveLength(1);
    }
  });

  it('a callback that finds a registration for a message that is just given another: kept, linked to one', async () => {
    for (let round = 0; round < 10; round++) {
      const [smsId, requestId] = [`taken-${round}`, `taken-request-${round}`];
      await service.register({ ref: `taken-b-${round}`, requestId });
      const [called, answer] = await Promise.all([
        service.callback(callbackQuery(smsId, { RequestId: requestId })),
        service.register({ ref: `taken-a-${round}`, smsId }),
      ]);
      expect(called.text).toBe('OK');
      const isFirst = answer.status === 201;
      expect(answer.status).toBe(isFirst ? 201 : 409);
      const ref = isFirst ? `taken-a-${round}` : `taken-b-${round}`;
      expect(await service.message(smsId)).toMatchObject({ registered: true, ref, outcome: 'delivered' });
      const types = await service.eventTypes(smsId);
      expect(types.filter((type) => type === 'message.registered')).toHaveLength(1);
    }
  });

  it('two that contradict each other: one is taken, the other 409', async () => {
    for (let round = 0; round < 5; round++) {
      const ref = `contradict-${round}`;
      await service.register({ ref });
      const answers = await Promise.all(['viber', 'zalo_zns'].map((channel) => service.register({ ref, channel })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const taken = answers.find(({ status }) => status === 200)?.body.channel;
      expect(await find(`ref=${ref}`)).toMatchObject([{ channel: taken }]);
    }
  });
});

describe('registration_conflict', () => {
  it('is an anomaly where a later callback shows another RequestId', async () => {
    await service.register({ smsId: 'conflict-1', requestId: 'conflict-stated' });
    expect((await service.message('conflict-1')).anomalies).toEqual([]);
    await service.callbacks(callbackQuery('conflict-1', { RequestId: 'conflict-told' }));
    expect(await service.message('conflict-1')).toMatchObject({
      requestId: 'conflict-told',
      registered: true,
      outcome: 'delivered',
      anomalies: ['registration_conflict'],
    });
    expect((await service.register({ smsId: 'conflict-1', requestId: 'conflict-stated' })).status).toBe(200);
    expect((await service.register({ smsId: 'conflict-1', metadata: { a: 1 } })).status).toBe(200);
  });

  const zalo = '5308693166941955879';
  const otherZalo = { TypeId: '25', phonenumber: '6308693166941955879' };

  it.each<[string, boolean, object, Parameters<typeof callbackQuery>[1]]>([
    ['another phone', true, { recipient: '0911000001' }, { phonenumber: '0911000002' }],
    ['the phone in another form', false, { recipient: '0911000001' }, { phonenumber: '84911000001' }],
    ['a masked phone', false, { recipient: '0911000001' }, { phonenumber: '09******02' }],
    ['no phone', false, { recipient: '0911000001' }, { phonenumber: null }],
    ['one of many phones', false, { recipient: '0911000001' }, { phonenumber: '0911000002', ...counted(1, 1, 2) }],
    ['another channel of many', true, { channel: 'viber' }, { TypeId: '2', ...counted(1, 1, 2) }],
    ['another channel', true, { channel: 'viber' }, { TypeId: '2' }],
    ['the same channel', false, { channel: 'sms_care' }, { TypeId: '2' }],
    ['an unknown channel', false, { channel: 'viber' }, { TypeId: '99' }],
    ['no channel', false, { channel: 'viber' }, { TypeId: null }],
    ['another Zalo id', true, { recipient: zalo }, otherZalo],
    ['a Zalo id that was cut', false, { recipient: zalo }, { TypeId: '26', phonenumber: zalo.slice(0, 15) }],
    ['a Zalo id for a phone', false, { recipient: '0911000001' }, { TypeId: '26', phonenumber: zalo }],
    ['a hash', false, { recipient: '9f86d081884c7d659a2feaa0c55ad015' }, { phonenumber: '0911000002' }],
  ])('of %s: %s, whichever side comes first', async (what, isConflict, registered, called) => {
    const anomalies = isConflict ? ['registration_conflict'] : [];
    const [first, second] = [`clash-1 ${what}`, `clash-2 ${what}`];
    await service.register({ smsId: first, ...registered });
    await service.callbacks(callbackQuery(encodeURIComponent(first), called));
    await service.callbacks(callbackQuery(encodeURIComponent(second), called));
    expect((await service.register({ smsId: second, ...registered })).status).toBe(201);
    for (const smsId of [first, second]) {
      const told = (await service.message(smsId)).anomalies;
      expect(told.filter((name) => name.startsWith('registration'))).toEqual(anomalies);
    }
  });

  it('goes where a later callback says what was registered', async () => {
    await service.register({ smsId: 'clash-mended', channel: 'viber' });
    await service.callbacks(callbackQuery('clash-mended', { SendStatus: '2' }));
    expect((await service.message('clash-mended')).anomalies).toEqual(['registration_conflict']);
    await service.callbacks(callbackQuery('clash-mended', { TypeId: '23' }));
    expect((await service.message('clash-mended')).anomalies).toEqual(['channel_changed']);
  });

  it('is none where the RequestId is the same, or absent', async () => {
    await service.register({ smsId: 'conflict-2', requestId: 'conflict-same' });
    await service.callbacks(callbackQuery('conflict-2', { RequestId: 'conflict-same' }), callbackQuery('conflict-2'));
    expect((await service.message('conflict-2')).anomalies).toEqual([]);
  });
});

describe('a key', () => {
  it('without the scope write cannot register', async () => {
    expect((await service.register({ smsId: 'scope-1' }, KEYS.read)).status).toBe(403);
    expect((await service.api('/messages/scope-1')).status).toBe(404);
    expect((await service.register({ smsId: 'scope-1' }, KEYS.bare)).status).toBe(201);
  });

  it('of another account registers in its own', async () => {
    await service.register({ smsId: 'account-1', ref: 'account-ref' });
    const other = await service.register({ smsId: 'account-1', ref: 'account-ref' }, KEYS.acme);
    expect(other.status).toBe(201);
    expect(other.body.account).toBe('acme');
    const foreign = await service.api('/messages?account=acme', { method: 'POST', body: { smsId: 'account-2' } });
    expect(foreign.status).toBe(404);
  });
});
