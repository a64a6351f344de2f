import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';
import { type Message, Service } from '../support/service.js';

const CARE = 'dc712784-9c5f-4c69-b9a8-ea69d56adc9a87';
const ADVERTISING = '82b0bb8aed914a0aab8deba567c9b8c2';
const ZNS = 'f66545d2-c7e2-4603-984e-d2238c363c8292';
const VIBER = '849fe08c19294b02857cf91687021a50250';
const CONSULTING_THEN_JOURNEY = '7d11c87a22934df390f73ec59d8defd6205';
const TRANSACTION = '53dbbc6e816f4159a9035a14a787e08f172';
const BY_USER_ID = '5450d5579bfa466a9f2a5911c82f4037';
const ALL = [CARE, ADVERTISING, ZNS, VIBER, CONSULTING_THEN_JOURNEY, TRANSACTION, BY_USER_ID];

const PHONE = '0901888484';
const FOLLOWER = '31215806834323092';
const USER = '5308693166941955879';

const NINE = [...SEED_SAMPLES, UID_SAMPLE].map(({ query }) => query);

let service: Service;

beforeAll(async () => {
  service = await Service.start();
  await service.callbacks(...NINE);
  await service.settled();
});

afterAll(() => service.stop());

/** Everything anybody can read of what was received, in one piece. */
async function everything() {
  const bodyOf = async (path: string) => (await service.api(path)).body;
  return {
    messages: await Promise.all(ALL.map((smsId) => service.message(smsId))),
    events: await service.events(),
    ledger: await bodyOf('/billing/ledger?limit=500'),
    summaries: await Promise.all(['channel', 'telco', 'day'].map((each) => bodyOf(`/billing/summary?groupBy=${each}`))),
    contacts: await Promise.all([PHONE, FOLLOWER, USER].map((each) => bodyOf(`/crm/contacts/${each}`))),
    entries: await service.rows('select * from esms.contact_entries order by sms_id'),
    quarantine: await bodyOf('/quarantine'),
  };
}

const withoutRepeats = ({ messages, ...rest }: Awaited<ReturnType<typeof everything>>) => ({
  ...rest,
  messages: messages.map(({ receipts, ...message }) => ({
    ...message,
    receipts: receipts.map(({ repeats: _repeats, ...receipt }) => receipt),
  })),
});

const repeatsOf = ({ receipts }: Message) => receipts.map(({ repeats }) => repeats);

describe('the eight callbacks of the seed page and the one by user id', () => {
  it('make six messages and one more', async () => {
    const { body } = await service.api<{ items: Message[]; nextCursor: string | null }>('/messages');
    expect(body.items.map(({ smsId }) => smsId).toSorted()).toEqual(ALL.toSorted());
    expect(body.nextCursor).toBeNull();
    expect(await service.rows('select count(*)::int from esms.messages')).toEqual([{ count: 7 }]);
    expect(await service.rows('select count(*)::int from esms.receipts')).toEqual([{ count: 8 }]);
    expect(await service.rows('select count(*)::int from esms.quarantine')).toEqual([{ count: 0 }]);
  });

  it('customer care: undelivered, 2 of 2, for nothing', async () => {
    expect(await service.message(CARE)).toEqual({
      smsId: CARE,
      account: 'default',
      requestId: null,
      ref: null,
      channel: 'sms_care',
      typeId: '2',
      state: 'reported',
      outcome: 'undelivered',
      final: true,
      counters: { receivers: 2, sent: 2, succeeded: 0, failed: 2 },
      price: { amount: '0.0000', currency: 'VND' },
      recipient: { kind: 'phone', value: PHONE },
      telco: { id: '1', name: 'Viettel' },
      oaId: null,
      templateId: null,
      partnerId: null,
      switchSmsId: null,
      error: null,
      registered: false,
      metadata: null,
      contradicted: false,
      anomalies: [],
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      sentAt: null,
      reportedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      receipts: [
        {
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
          recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
          repeats: 0,
          decision: 'applied',
          sendStatus: '5',
          typeId: '2',
          price: '0.0000',
          anomalies: [],
        },
      ],
    });
    expect(await service.eventTypes(CARE)).toEqual(['message.undelivered', 'message.cost_changed']);
    expect(await service.ledger(CARE)).toEqual({ deltas: ['0.0000'], totals: ['0.0000'], sum: '0.0000' });
  });

  it('advertising: sent and charged, waiting for a report', async () => {
    expect(await service.message(ADVERTISING)).toMatchObject({
      channel: 'sms_advertising',
      state: 'sent',
      outcome: null,
      final: false,
      counters: { receivers: 169, sent: 169, succeeded: 0, failed: 0 },
      price: { amount: '696987.0000', currency: 'VND' },
      recipient: null,
      telco: null,
      reportedAt: null,
    });
    expect(await service.eventTypes(ADVERTISING)).toEqual(['message.sent', 'message.cost_changed']);
  });

  it('ZNS: undelivered, -114, for a reason of the recipient', async () => {
    expect(await service.message(ZNS)).toMatchObject({
      channel: 'zalo_zns',
      typeId: '25',
      state: 'reported',
      outcome: 'undelivered',
      counters: { receivers: 1, sent: 0, succeeded: 0, failed: 1 },
      price: { amount: '0.0000', currency: 'VND' },
      recipient: { kind: 'phone', value: PHONE },
      telco: { id: '2', name: 'Mobifone' },
      oaId: '1397492183140006179',
      templateId: '2056446',
      partnerId: null,
      error: {
        code: '-114',
        message: 'User is inactive, or reject the message, or using an outdated Zalo version, or other internal errors',
        reason: 'recipient_inactive',
        failureClass: 'recipient',
      },
    });
    expect(await service.eventTypes(ZNS)).toEqual(['message.undelivered', 'message.cost_changed']);
  });

  it('Viber: delivered on the phone for 470', async () => {
    expect(await service.message(VIBER)).toMatchObject({
      channel: 'viber',
      outcome: 'delivered',
      counters: { receivers: 1, sent: 1, succeeded: 1, failed: 0 },
      price: { amount: '470.0000', currency: 'VND' },
      error: null,
    });
    expect((await service.events(VIBER)).map(({ type, data }) => [type, data['proof'] ?? data['delta']])).toEqual([
      ['message.delivered', 'on_device'],
      ['message.cost_changed', '470.0000'],
    ]);
  });

  it('consulting, then journey under the same SMSID: one message, the later channel, 60 and 160 more, contradicted', async () => {
    const message = await service.message(CONSULTING_THEN_JOURNEY);
    expect(message).toMatchObject({
      channel: 'zalo_journey',
      typeId: '27',
      outcome: 'delivered',
      counters: { receivers: 1, sent: 1, succeeded: 1, failed: 0 },
      price: { amount: '220.0000', currency: 'VND' },
      recipient: { kind: 'zalo_user', value: FOLLOWER },
      oaId: '4097311281936189049',
      partnerId: 'e1a60e8890be9derir3gfbff',
      error: null,
      contradicted: true,
      anomalies: ['channel_changed'],
    });
    expect(message.receipts.map(({ typeId, price, decision }) => [typeId, price, decision])).toEqual([
      ['26', '60.0000', 'applied'],
      ['27', '220.0000', 'corrected'],
    ]);
    expect(message.reportedAt).toBe(message.receipts[0]?.receivedAt);
    expect(await service.eventTypes(CONSULTING_THEN_JOURNEY)).toEqual([
      'message.delivered',
      'message.cost_changed',
      'message.delivered',
      'message.cost_changed',
      'message.contradicted',
    ]);
    expect(await service.ledger(CONSULTING_THEN_JOURNEY)).toEqual({
      deltas: ['60.0000', '160.0000'],
      totals: ['60.0000', '220.0000'],
      sum: '220.0000',
    });
  });

  it('transaction and user information, the same bytes: delivered once, 60', async () => {
    const message = await service.message(TRANSACTION);
    expect(message).toMatchObject({
      channel: 'zalo_oa',
      outcome: 'delivered',
      price: { amount: '60.0000', currency: 'VND' },
      recipient: { kind: 'zalo_user', value: FOLLOWER },
      contradicted: false,
      anomalies: [],
    });
    expect(repeatsOf(message)).toEqual([1]);
    expect((await service.events(TRANSACTION)).map(({ type, data }) => [type, data['proof'] ?? data['delta']])).toEqual(
      [
        ['message.delivered', 'accepted'],
        ['message.cost_changed', '60.0000'],
      ],
    );
  });

  it('by user id: delivered, telco 9, all 19 digits', async () => {
    expect(await service.message(BY_USER_ID)).toMatchObject({
      channel: 'zalo_zns',
      outcome: 'delivered',
      price: { amount: '2104.0000', currency: 'VND' },
      recipient: { kind: 'zalo_user', value: USER },
      telco: { id: '9', name: null },
      oaId: '3639635426588416370',
      templateId: '523194',
    });
  });

  it('agree with the ledger', async () => {
    const { body } = await service.api<{ items: Record<string, unknown>[]; nextCursor: null; sum: string }>(
      '/billing/ledger',
    );
    const entries = body.items.map(({ smsId, delta, total, channel }) => [smsId, delta, total, channel]);
    // Sorted by message alone: of one message they come in order, between messages nobody promises one.
    expect(entries.toSorted(([a], [b]) => ALL.indexOf(String(a)) - ALL.indexOf(String(b)))).toEqual([
      [CARE, '0.0000', '0.0000', 'sms_care'],
      [ADVERTISING, '696987.0000', '696987.0000', 'sms_advertising'],
      [ZNS, '0.0000', '0.0000', 'zalo_zns'],
      [VIBER, '470.0000', '470.0000', 'viber'],
      [CONSULTING_THEN_JOURNEY, '60.0000', '60.0000', 'zalo_oa'],
      [CONSULTING_THEN_JOURNEY, '160.0000', '220.0000', 'zalo_journey'],
      [TRANSACTION, '60.0000', '60.0000', 'zalo_oa'],
      [BY_USER_ID, '2104.0000', '2104.0000', 'zalo_zns'],
    ]);
    expect(body.items.find(({ smsId }) => smsId === VIBER)).toEqual({
      smsId: VIBER,
      kind: 'price',
      delta: '470.0000',
      total: '470.0000',
      currency: 'VND',
      channel: 'viber',
      telco: { id: '2', name: 'Mobifone' },
      at: (await service.message(VIBER)).reportedAt,
      recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      eventId: (await service.events(VIBER))[1]?.id,
    });
    expect(body.sum).toBe('699841.0000');
  });

  it('agree with the summaries', async () => {
    expect((await service.api('/billing/summary')).body).toEqual({
      groups: [
        { key: 'sms_advertising', messages: 1, amount: '696987.0000' },
        { key: 'sms_care', messages: 1, amount: '0.0000' },
        { key: 'viber', messages: 1, amount: '470.0000' },
        { key: 'zalo_journey', messages: 1, amount: '160.0000' },
        { key: 'zalo_oa', messages: 2, amount: '120.0000' },
        { key: 'zalo_zns', messages: 2, amount: '2104.0000' },
      ],
      sum: '699841.0000',
    });
    expect((await service.api('/billing/summary?groupBy=telco')).body).toEqual({
      groups: [
        { key: '1', messages: 1, amount: '0.0000' },
        { key: '2', messages: 2, amount: '470.0000' },
        { key: '9', messages: 1, amount: '2104.0000' },
        { key: null, messages: 3, amount: '697267.0000' },
      ],
      sum: '699841.0000',
    });
    expect((await service.api('/billing/summary?groupBy=day&to=2020-01-01')).body).toEqual({
      groups: [],
      sum: '0.0000',
    });
  });

  it('agree with the contacts', async () => {
    const at = async (smsId: string) => (await service.message(smsId)).reportedAt;
    expect((await service.api(`/crm/contacts/${PHONE}`)).body).toEqual({
      id: PHONE,
      kind: 'phone',
      reachability: {
        sms_care: { reachable: null, reason: null, since: null },
        zalo_zns: { reachable: false, reason: 'recipient_inactive', since: await at(ZNS) },
        viber: { reachable: true, reason: null, since: await at(VIBER) },
      },
      history: [
        { smsId: VIBER, channel: 'viber', outcome: 'delivered', reason: null, at: await at(VIBER) },
        { smsId: ZNS, channel: 'zalo_zns', outcome: 'undelivered', reason: 'recipient_inactive', at: await at(ZNS) },
        { smsId: CARE, channel: 'sms_care', outcome: 'undelivered', reason: null, at: await at(CARE) },
      ],
    });
    expect((await service.api(`/crm/contacts/${FOLLOWER}`)).body).toMatchObject({
      id: FOLLOWER,
      kind: 'zalo_user',
      reachability: { zalo_oa: { reachable: true }, zalo_journey: { reachable: true } },
      history: [
        { smsId: TRANSACTION, channel: 'zalo_oa', outcome: 'delivered' },
        { smsId: CONSULTING_THEN_JOURNEY, channel: 'zalo_journey', outcome: 'delivered' },
      ],
    });
    expect((await service.api(`/crm/contacts/${USER}`)).body).toMatchObject({
      reachability: { zalo_zns: { reachable: true, reason: null } },
      history: [{ smsId: BY_USER_ID }],
    });
    expect((await service.api('/crm/contacts/312158068343230')).status).toBe(404);
    for (const form of ['+84901888484', '84901888484', '0901%20888%20484', '0901.888.484']) {
      expect((await service.api(`/crm/contacts/${form}`)).body, form).toMatchObject({ id: PHONE, kind: 'phone' });
    }
  });

  it('number the events of each message from 1, without a gap', async () => {
    for (const smsId of ALL) {
      const events = await service.events(smsId);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
    }
  });
});

describe('all nine again', () => {
  it('six times and in reverse: nothing but repeat counts differs', async () => {
    const before = await everything();
    for (let round = 0; round < 6; round++) await service.callbacks(...NINE);
    await service.callbacks(...NINE.toReversed());
    await service.settled();

    const after = await everything();
    expect(withoutRepeats(after)).toEqual(withoutRepeats(before));
    expect(after.messages.map(repeatsOf)).toEqual([[7], [7], [7], [7], [7, 7], [15], [7]]);
  });

  it('all at once, thirty times: the same', async () => {
    const before = await everything();
    const copies = Array.from({ length: 30 }, () => NINE).flat();
    const answers = await Promise.all(copies.map((query) => service.callback(query)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 OK']));
    await service.settled();

    const after = await everything();
    expect(withoutRepeats(after)).toEqual(withoutRepeats(before));
    expect(after.messages.map(repeatsOf)).toEqual([[37], [37], [37], [37], [37, 37], [75], [37]]);
  });

  it('in another spelling of the names, the same report', async () => {
    const before = await service.message(VIBER);
    const sample = SEED_SAMPLES[3]?.query ?? '';
    const pairs = sample.replace('SMSID', 'smsid').replace('TotalPrice', 'Totalprice').split('&');
    await service.callbacks(pairs.toReversed().join('&'), sample.replace('0901888484', '%30901888484'));
    const after = await service.message(VIBER);
    expect(after.receipts).toEqual([{ ...before.receipts[0], repeats: (before.receipts[0]?.repeats ?? 0) + 2 }]);
  });
});
