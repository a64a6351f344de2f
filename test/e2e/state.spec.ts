import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackQuery, counted } from '../support/callback-query.js';
import { type Message, Service } from '../support/service.js';

const DELIVERED = {};
const UNDELIVERED = { SendSuccess: '0', SendFailed: '1' };
const SENT = { SendStatus: '7', SendSuccess: '0' };
const REJECTED = { SendStatus: '4', SendSuccess: '0' };
const FINISHED_UNKNOWN = { SendSuccess: '0' };

let service: Service;
let count = 0;

beforeAll(async () => {
  service = await Service.start();
});

afterAll(() => service.stop());

/** A message of its own that these callbacks come for, one after the other. */
async function messageOf(...callbacks: readonly Record<string, string | null>[]): Promise<Message> {
  const smsId = `state-${++count}`;
  await service.callbacks(...callbacks.map((changes) => callbackQuery(smsId, changes)));
  await service.settled();
  return service.message(smsId);
}

const decisions = ({ receipts }: Message) => receipts.map(({ sendStatus, decision }) => [sendStatus, decision]);

/** The events in short: type, whether a correction, money. */
async function told({ smsId }: Message): Promise<string[]> {
  return (await service.events(smsId as string)).map(({ type, data }) =>
    [type.replace('message.', ''), data['correction'] === true ? 'correction' : null, data['delta']]
      .filter((part): part is string => typeof part === 'string')
      .join(' '),
  );
}

describe('what comes late', () => {
  it('7 after 5: no regress', async () => {
    const message = await messageOf(DELIVERED, SENT);
    expect(message).toMatchObject({
      state: 'reported',
      outcome: 'delivered',
      final: true,
      contradicted: false,
      counters: { receivers: 1, sent: 1, succeeded: 1, failed: 0 },
      price: { amount: '850.0000' },
      sentAt: null,
    });
    expect(message.reportedAt).toBe(message.receipts[0]?.receivedAt);
    expect(message.updatedAt).toBe(message.receipts[1]?.receivedAt);
    expect(decisions(message)).toEqual([
      ['5', 'applied'],
      ['7', 'superseded'],
    ]);
    expect(await told(message)).toEqual(['delivered', 'cost_changed 850.0000']);
  });

  it('pending statuses after 7: no regress, and the price they carry is not taken', async () => {
    const message = await messageOf(SENT, { SendStatus: '2', SendSuccess: '0', TotalPrice: '0.0000' });
    expect(message).toMatchObject({ state: 'sent', price: { amount: '850.0000' } });
    expect(decisions(message)).toEqual([
      ['7', 'applied'],
      ['2', 'superseded'],
    ]);
    expect(await told(message)).toEqual(['sent', 'cost_changed 850.0000']);
  });

  it('5 with 0/0 and a price, then a late 7 with price 0: no event, only the timeline grows', async () => {
    const first = await messageOf(FINISHED_UNKNOWN);
    expect(first).toMatchObject({ state: 'sent', outcome: null, final: false, price: { amount: '850.0000' } });
    await service.callbacks(callbackQuery(first.smsId as string, { ...SENT, TotalPrice: '0.0000' }));
    const second = await service.message(first.smsId as string);
    const { receipts, updatedAt: _updatedAt, ...shown } = second;
    const { receipts: _receipts, updatedAt: _before, ...shownBefore } = first;
    expect(shown).toEqual(shownBefore);
    expect(receipts.map(({ decision, price }) => [decision, price])).toEqual([
      ['applied', '850.0000'],
      ['superseded', '0.0000'],
    ]);
    expect(await told(second)).toEqual(['sent', 'cost_changed 850.0000']);
    expect(await service.ledger(first.smsId as string)).toMatchObject({ deltas: ['850.0000'], sum: '850.0000' });
  });

  it('an unknown status with a price after a final one: kept, the price of before intact', async () => {
    const message = await messageOf(DELIVERED, { SendStatus: '6', TotalPrice: '999.0000' });
    expect(message).toMatchObject({
      outcome: 'delivered',
      price: { amount: '850.0000' },
      contradicted: false,
      anomalies: ['status_unrecognised'],
    });
    expect(message.receipts[1]).toMatchObject({
      sendStatus: '6',
      decision: 'kept',
      price: '999.0000',
      anomalies: ['status_unrecognised'],
    });
    expect(await told(message)).toEqual(['delivered', 'cost_changed 850.0000']);
  });

  it('an unknown status alone: pending, its other fields count, and they give way to any known one', async () => {
    const message = await messageOf({ SendStatus: '6', TotalPrice: '999.0000' });
    expect(message).toMatchObject({
      state: 'pending',
      outcome: null,
      price: { amount: '999.0000' },
      telco: { id: '1' },
    });
    expect(await told(message)).toEqual(['cost_changed 999.0000']);
    await service.callbacks(callbackQuery(message.smsId as string, { ...SENT, TotalPrice: '850.0000' }));
    expect(await told(message)).toEqual(['cost_changed 999.0000', 'sent', 'cost_changed -149.0000']);
  });
});

describe('what is corrected', () => {
  it('5 undelivered, then 5 delivered: message.delivered with correction, and the contact is mended', async () => {
    const message = await messageOf({ ...UNDELIVERED, phonenumber: '0911000001' }, { phonenumber: '0911000001' });
    expect(message).toMatchObject({ outcome: 'delivered', contradicted: true });
    expect(decisions(message)).toEqual([
      ['5', 'applied'],
      ['5', 'corrected'],
    ]);
    expect(await told(message)).toEqual([
      'undelivered',
      'cost_changed 850.0000',
      'delivered correction',
      'contradicted',
    ]);
    const [, , delivered] = await service.events(message.smsId as string);
    expect(delivered?.data).toMatchObject({
      correction: true,
      previous: {
        state: 'reported',
        outcome: 'undelivered',
        counters: { receivers: 1, sent: 1, succeeded: 0, failed: 1 },
      },
      message: { outcome: 'delivered', final: true },
    });
    expect(message.reportedAt).toBe(message.receipts[1]?.receivedAt);
    expect((await service.api('/crm/contacts/0911000001')).body).toMatchObject({
      reachability: { sms_care: { reachable: true, since: message.reportedAt } },
      history: [{ smsId: message.smsId, outcome: 'delivered' }],
    });
  });

  it('three that contradict each other: told once that they do', async () => {
    const message = await messageOf(UNDELIVERED, DELIVERED, { ...UNDELIVERED, partnerids: 'other' });
    expect(message).toMatchObject({ outcome: 'undelivered', contradicted: true });
    expect(decisions(message).map(([, decision]) => decision)).toEqual(['applied', 'corrected', 'corrected']);
    expect(await told(message)).toEqual([
      'undelivered',
      'cost_changed 850.0000',
      'delivered correction',
      'contradicted',
      'undelivered correction',
    ]);
  });

  it('price 850, then 0: the ledger sums to 0', async () => {
    const message = await messageOf(DELIVERED, { TotalPrice: '0' });
    expect(message).toMatchObject({ outcome: 'delivered', price: { amount: '0.0000' }, contradicted: true });
    expect(decisions(message)).toEqual([
      ['5', 'applied'],
      ['5', 'corrected'],
    ]);
    expect(await told(message)).toEqual([
      'delivered',
      'cost_changed 850.0000',
      'cost_changed -850.0000',
      'contradicted',
    ]);
    expect(await service.ledger(message.smsId as string)).toEqual({
      deltas: ['850.0000', '-850.0000'],
      totals: ['850.0000', '0.0000'],
      sum: '0.0000',
    });
  });

  it('5 after 4: delivered, a correction, contradicted', async () => {
    const message = await messageOf(REJECTED, DELIVERED);
    expect(message).toMatchObject({ state: 'reported', outcome: 'delivered', contradicted: true });
    expect(decisions(message)).toEqual([
      ['4', 'applied'],
      ['5', 'corrected'],
    ]);
    expect(await told(message)).toEqual(['rejected', 'cost_changed 850.0000', 'delivered correction', 'contradicted']);
  });

  it('4 after 5: stays delivered, contradicted', async () => {
    const message = await messageOf(DELIVERED, REJECTED);
    expect(message).toMatchObject({ state: 'reported', outcome: 'delivered', contradicted: true });
    expect(decisions(message)).toEqual([
      ['5', 'applied'],
      ['4', 'superseded'],
    ]);
    expect(await told(message)).toEqual(['delivered', 'cost_changed 850.0000', 'contradicted']);
  });

  it('a changed recipient moves the entry from one contact to the other', async () => {
    const message = await messageOf({ phonenumber: '0911000002' }, { phonenumber: '84911000003' });
    expect(message).toMatchObject({ recipient: { kind: 'phone', value: '0911000003' }, contradicted: false });
    expect(await told(message)).toEqual(['delivered', 'cost_changed 850.0000', 'delivered correction']);
    expect((await service.api('/crm/contacts/0911000002')).status).toBe(404);
    expect((await service.api('/crm/contacts/0911000003')).body).toMatchObject({ history: [{ outcome: 'delivered' }] });
  });
});

describe('how far a message is', () => {
  it('0/0, then 100/10, then 150/19 of 169: sent, sent, partially delivered', async () => {
    const bulk = { TypeId: '1', telcoid: null, phonenumber: null };
    const message = await messageOf(
      { ...bulk, ...counted(0, 0, 169) },
      { ...bulk, ...counted(100, 10, 169) },
      { ...bulk, ...counted(150, 19, 169) },
    );
    expect(message).toMatchObject({
      state: 'reported',
      outcome: 'partially_delivered',
      counters: { receivers: 169, sent: 169, succeeded: 150, failed: 19 },
      contradicted: false,
    });
    expect(message.sentAt).toBe(message.receipts[0]?.receivedAt);
    expect(message.reportedAt).toBe(message.receipts[2]?.receivedAt);
    expect(decisions(message)).toEqual([
      ['5', 'applied'],
      ['5', 'applied'],
      ['5', 'applied'],
    ]);
    expect(await told(message)).toEqual(['sent', 'cost_changed 850.0000', 'sent', 'partially_delivered']);
    const counters = (await service.events(message.smsId as string))
      .filter(({ type }) => type !== 'message.cost_changed')
      .map(({ data }) => (data['message'] as Message).counters);
    expect(counters.map(({ succeeded, failed }) => [succeeded, failed])).toEqual([
      [0, 0],
      [100, 10],
      [150, 19],
    ]);
  });

  it('the same three in another order: the same message', async () => {
    const bulk = { TypeId: '1', telcoid: null, phonenumber: null };
    const message = await messageOf(
      { ...bulk, ...counted(100, 10, 169) },
      { ...bulk, ...counted(150, 19, 169) },
      { ...bulk, ...counted(0, 0, 169) },
    );
    expect(message).toMatchObject({
      outcome: 'partially_delivered',
      counters: { receivers: 169, sent: 169, succeeded: 150, failed: 19 },
      contradicted: false,
    });
    expect(decisions(message).map(([, decision]) => decision)).toEqual(['applied', 'applied', 'superseded']);
    expect(await told(message)).toEqual(['sent', 'cost_changed 850.0000', 'partially_delivered']);
  });

  it('0 to 3, then 7, then 5: pending raises no event, sent and delivered one each', async () => {
    const queued = ['0', '1', '2', '3'].map((SendStatus) => ({ SendStatus, SendSuccess: '0', TotalPrice: null }));
    const pending = await messageOf(...queued);
    expect(pending).toMatchObject({ state: 'pending', outcome: null, price: { amount: null, currency: 'VND' } });
    expect(await told(pending)).toEqual([]);
    await service.callbacks(callbackQuery(pending.smsId as string, SENT), callbackQuery(pending.smsId as string));
    expect(await told(pending)).toEqual(['sent', 'cost_changed 850.0000', 'delivered']);
  });

  it('a callback with a field less erases nothing', async () => {
    const message = await messageOf(DELIVERED, {
      SendStatus: '5',
      telcoid: null,
      phonenumber: '',
      TotalPrice: '',
      TypeId: null,
    });
    expect(message).toMatchObject({
      channel: 'sms_care',
      price: { amount: '850.0000' },
      telco: { id: '1', name: 'Viettel' },
      recipient: { value: '0901888484' },
      anomalies: [],
    });
    expect(decisions(message)).toEqual([
      ['5', 'applied'],
      ['5', 'kept'],
    ]);
  });

  it('an unrecognised channel is decided by the common table and never replaces a recognised one', async () => {
    const alone = await messageOf({ TypeId: '77' });
    expect(alone).toMatchObject({
      channel: 'unrecognised',
      typeId: '77',
      outcome: 'delivered',
      anomalies: ['type_unrecognised'],
    });
    const after = await messageOf(DELIVERED, { TypeId: '77' });
    expect(after).toMatchObject({ channel: 'sms_care', typeId: '2', anomalies: ['type_unrecognised'] });
    const before = await messageOf({ TypeId: '77' }, DELIVERED);
    expect(before).toMatchObject({ channel: 'sms_care', typeId: '2' });
  });
});
