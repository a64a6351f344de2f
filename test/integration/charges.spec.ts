import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { instantOf, microsecondsOf } from '../../src/domain/clock.js';
import { EsmsLedger, EsmsMessages } from '../../src/index.js';
import { callbackQuery, counted } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventually } from '../support/eventually.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const BEGIN = microsecondsOf('2026-11-25T19:05:40.000000Z');

let database: TestDatabase;
let instance: DispatcherInstance;
let ledger: EsmsLedger;
let messages: EsmsMessages;

beforeAll(async () => {
  database = await createTestDatabase();
  instance = await DispatcherInstance.start(database.url, { billing: true });
  await eventually(async () => expect(await instance.subscriptions.list()).toHaveLength(1));
  ledger = instance.app.get(EsmsLedger, { strict: false });
  messages = instance.app.get(EsmsMessages, { strict: false });
});

afterAll(async () => {
  await instance.stop();
  await database.drop();
});

/** Stores a callback as one that came `second` seconds after the begin. */
async function tell(smsId: string, fields: Record<string, string>, second = 0): Promise<void> {
  const callback = {
    account: 'default',
    query: Buffer.from(callbackQuery(smsId, fields)),
    receivedAt: instantOf(BEGIN + second * 1_000_000),
  };
  await instance.app.get(CallbackKeeper, { strict: false }).keep(callback);
}

async function entriesOf(smsId: string): Promise<unknown[]> {
  await instance.caughtUp('billing');
  const { items, sum } = await ledger.entries({ smsId });
  expect(sum).toBe((await messages.get(smsId))?.price.amount);
  return items.map(({ kind, delta, total, channel, telco }) => [kind, delta, total, channel, telco?.id ?? null]);
}

/** What a summary must say, from the messages as they are now. */
async function groupedMessages(column: 'channel' | 'telco_id'): Promise<unknown[]> {
  return query(
    database.url,
    `select ${column} as key, count(*)::int as messages, sum(price_amount)::text as amount
     from esms.v1_messages where price_amount is not null group by 1 order by ${column} collate "C"`,
  );
}

describe('what a price is counted under', () => {
  const unknown = { TypeId: '99', telcoid: '', TotalPrice: '470.0000' };

  it('is a channel that becomes known later', async () => {
    await tell('late-channel', unknown);
    await tell('late-channel', { ...unknown, TypeId: '23' }, 1);
    expect(await entriesOf('late-channel')).toEqual([
      ['price', '470.0000', '470.0000', 'unrecognised', null],
      ['reversal', '-470.0000', '0.0000', 'unrecognised', null],
      ['rebooking', '470.0000', '470.0000', 'viber', null],
    ]);
  });

  it('is a carrier that becomes known later, though no status event tells of it', async () => {
    await tell('late-telco', { ...unknown, TypeId: '2', ...counted(0, 0, 1) });
    await tell('late-telco', { TypeId: '2', telcoid: '3', TotalPrice: '', ...counted(0, 0, 1) }, 1);
    expect(await entriesOf('late-telco')).toEqual([
      ['price', '470.0000', '470.0000', 'sms_care', null],
      ['reversal', '-470.0000', '0.0000', 'sms_care', null],
      ['rebooking', '470.0000', '470.0000', 'sms_care', '3'],
    ]);
  });

  it('is the channel of a registration that comes later, and of one that is completed', async () => {
    await tell('registered', unknown);
    await messages.register({ smsId: 'registered', ref: 'registered' });
    await messages.register({ smsId: 'registered', channel: 'sms_advertising' });
    await messages.register({ smsId: 'registered', metadata: { told: 'again' } });
    expect(await entriesOf('registered')).toEqual([
      ['price', '470.0000', '470.0000', 'unrecognised', null],
      ['reversal', '-470.0000', '0.0000', 'unrecognised', null],
      ['rebooking', '470.0000', '470.0000', 'sms_advertising', null],
    ]);
  });

  it('is a channel that becomes known with another price', async () => {
    await tell('both', unknown);
    await tell('both', { ...unknown, TypeId: '27', TotalPrice: '220.0000' }, 1);
    expect(await entriesOf('both')).toEqual([
      ['price', '470.0000', '470.0000', 'unrecognised', null],
      ['reversal', '-470.0000', '0.0000', 'unrecognised', null],
      ['rebooking', '470.0000', '470.0000', 'zalo_journey', null],
      ['price', '-250.0000', '220.0000', 'zalo_journey', null],
    ]);
  });

  it('is another channel or carrier that comes with the same price', async () => {
    await tell('corrected', { ...unknown, TypeId: '2', telcoid: '1' });
    await tell('corrected', { ...unknown, TypeId: '1', telcoid: '2' }, 1);
    expect(await entriesOf('corrected')).toEqual([
      ['price', '470.0000', '470.0000', 'sms_care', '1'],
      ['reversal', '-470.0000', '0.0000', 'sms_care', '1'],
      ['rebooking', '470.0000', '470.0000', 'sms_advertising', '2'],
    ]);
  });

  it('is told with a price of nothing, and not before there is a price', async () => {
    await tell('free', { ...unknown, TotalPrice: '' });
    await tell('free', { ...unknown, TypeId: '2', TotalPrice: '0.0000' }, 1);
    await tell('free', { ...unknown, TypeId: '2', telcoid: '1', TotalPrice: '0.0000' }, 2);
    expect(await entriesOf('free')).toEqual([
      ['price', '0.0000', '0.0000', 'sms_care', null],
      ['reversal', '0.0000', '0.0000', 'sms_care', null],
      ['rebooking', '0.0000', '0.0000', 'sms_care', '1'],
    ]);
  });

  it('is told of a template, which the ledger does not count by', async () => {
    await tell('template', { ...unknown, TypeId: '25' });
    await tell('template', { ...unknown, TypeId: '25', tempid: '2056446' }, 1);
    expect(await entriesOf('template')).toEqual([['price', '470.0000', '470.0000', 'zalo_zns', null]]);
    const told = await query(
      database.url,
      `select data->>'delta' as delta, data->'movedFrom'->>'templateId' as template from esms.events
       where subject = 'template' and type = 'message.cost_changed' order by sequence`,
    );
    expect(told).toEqual([
      { delta: '470.0000', template: null },
      { delta: '0.0000', template: null },
    ]);
  });

  it('leaves nothing where it was, and counts on no day what was only moved', async () => {
    const { groups } = await ledger.summary();
    expect(groups.map(({ key }) => key)).not.toContain('unrecognised');
    const days = await ledger.summary({ groupBy: 'day', by: 'received' });
    expect(days.groups).toEqual([{ key: '2026-11-26', messages: 7, amount: (await ledger.summary()).sum }]);
  });
});

const oneOf = <Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const SMS_IDS = Array.from({ length: 12 }, (_, index) => `m-${index}`);

/** Of each message one known channel and carrier: of two, the price of the first stays with the first. */
const KNOWN = [
  { TypeId: '2', telcoid: '1', channel: 'sms_care' },
  { TypeId: '23', telcoid: '2', channel: 'viber' },
  { TypeId: '26', telcoid: '1', channel: 'zalo_oa' },
  { TypeId: '27', telcoid: '2', channel: 'zalo_journey' },
] as const;
const knownOf = (smsId: string): (typeof KNOWN)[number] => KNOWN[Number(smsId.slice(2)) % KNOWN.length] ?? KNOWN[0];

/** Few enough values that they meet; what is empty is not told. */
const callback = fc.record({
  smsId: oneOf(...SMS_IDS),
  second: fc.integer({ min: 0, max: 30 }),
  fields: fc.record({
    TypeId: oneOf('', '99', 'known'),
    telcoid: oneOf('', '', 'known'),
    TotalPrice: oneOf('', '0.0000', '60.0000', '220.0000', '1e3'),
    SendStatus: oneOf('2', '7', '5', '5', '4', '99'),
    phonenumber: oneOf('', '0901888484', '312158068343230'),
    oaid: oneOf('', '4097311281936189049'),
  }),
});
const registration = fc.record({
  smsId: oneOf(...SMS_IDS),
  isChannelTold: fc.boolean(),
});
const step = fc.oneof({ weight: 6, arbitrary: callback }, { weight: 1, arbitrary: registration });

it('sums by channel and carrier are those of the messages as they stand, in any order and batching', async () => {
  const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 24 }), { minLength: 1, maxLength: 6 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      run += 1;
      for (const batch of all) {
        const done = batch.map(async (each) => {
          const smsId = `${run}-${each.smsId}`;
          const { TypeId, telcoid, channel } = knownOf(each.smsId);
          if ('fields' in each) {
            const { fields } = each;
            const known = {
              ...(fields.TypeId === 'known' && { TypeId }),
              ...(fields.telcoid === 'known' && { telcoid }),
            };
            return tell(smsId, { ...fields, ...known }, each.second);
          }
          const request = { smsId, ...(each.isChannelTold && { channel }) };
          // One that contradicts an earlier one is refused, and changes nothing.
          await messages.register(request).catch((error: { code?: string }) => {
            expect(error.code).toBe('registration_conflict');
          });
          return undefined;
        });
        await Promise.all(done);
      }
      await instance.caughtUp('billing');
      for (const [groupBy, column] of [
        ['channel', 'channel'],
        ['telco', 'telco_id'],
      ] as const) {
        expect((await ledger.summary({ groupBy })).groups).toEqual(await groupedMessages(column));
      }
      expect(
        await query(
          database.url,
          `select from esms.v1_messages m full join (
             select sms_id, sum(delta) as posted from esms.v1_ledger group by 1) l using (sms_id)
           where l.posted is distinct from m.price_amount`,
        ),
      ).toEqual([]);
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 240_000);
