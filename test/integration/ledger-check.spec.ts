import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerCheck } from '../../src/billing/ledger-check.js';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { EsmsLedger } from '../../src/index.js';
import { callbackQuery } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventually } from '../support/eventually.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let instance: DispatcherInstance;

beforeEach(async () => {
  database = await createTestDatabase();
  instance = await DispatcherInstance.start(database.url, { billing: true });
  await eventually(async () => expect(await instance.subscriptions.list()).toHaveLength(1));
});

afterEach(async () => {
  await instance.stop();
  await database.drop();
});

const rows = (sql: string) => query(database.url, sql);

async function tell(smsId: string, fields: Record<string, string> = {}): Promise<void> {
  const receivedAt = new Date().toISOString().replace('Z', '000Z');
  const text = callbackQuery(smsId, fields);
  const callback = { account: 'default', query: Buffer.from(text), receivedAt };
  await instance.app.get(CallbackKeeper, { strict: false }).keep(callback);
}

async function charged(...smsIds: string[]): Promise<void> {
  for (const smsId of smsIds) await tell(smsId);
  await instance.caughtUp('billing');
}

/** Looks at everything once more, however long ago it was last. */
async function checked() {
  const check = instance.app.get(LedgerCheck, { strict: false });
  await check.begin(['default']);
  await rows(`update esms.ledger_checks set due_at = now(), checked_at = null`);
  const state = () => instance.app.get(EsmsLedger, { strict: false }).check();
  // The process does it too, and one of the two has the account at a time.
  await eventually(async () => {
    await check.step();
    expect((await state())?.checkedAt).toEqual(expect.any(String));
  });
  return state();
}

/** Two rounds: one may have begun before what a test did. */
async function known() {
  await checked();
  return checked();
}

const alarms = (): string[] => instance.log.filter((line) => /ledger of account/.test(line));

describe('the ledger', () => {
  it('agrees with its messages, also after refunds, moves and prices of nothing', async () => {
    await charged('a', 'b');
    await tell('a', { TotalPrice: '0.0000' });
    await tell('b', { TypeId: '25' });
    await tell('without-price', { TotalPrice: '' });
    await instance.caughtUp('billing');
    expect(await known()).toMatchObject({ account: 'default', difference: '0.0000', messages: 0, smsId: null });
    expect(alarms()).toEqual([]);
  });

  it('has an alarm where a row is lost, once, when that changes, and when it is over', async () => {
    await charged('a', 'b', 'c');
    await rows(`create table kept as select * from esms.ledger where sms_id in ('a', 'b')`);
    await rows(`delete from esms.ledger where sms_id = 'b'`);
    // By itself: nobody asks here.
    await eventually(() => expect(alarms()).toHaveLength(1));
    expect(alarms()[0]).toMatch(/account default differs .* by -850\.0000 VND, in 1 of them, such as SMSID "b"/);
    expect(await known()).toMatchObject({ difference: '-850.0000', messages: 1, smsId: 'b' });
    await rows(`delete from esms.ledger where sms_id = 'a'`);
    expect(await known()).toMatchObject({ difference: '-1700.0000', messages: 2, smsId: 'a' });
    await rows(`insert into esms.ledger overriding system value select * from kept`);
    expect(await known()).toMatchObject({ difference: '0.0000', messages: 0, smsId: null });
  });

  it.each([
    ['a price counted twice', `update esms.ledger set delta = delta * 2 where sms_id = 'a'`, '850.0000'],
    ['an entry of no message', `update esms.ledger set sms_id = 'zzz' where sms_id = 'a'`, '0.0000'],
    ['an entry of 0 that is not there', `delete from esms.ledger where sms_id = 'free'`, '0.0000'],
    ['what another account was charged', `update esms.ledger set account = 'acme' where sms_id = 'c'`, '-850.0000'],
  ])('does not agree with %s', async (_name, plant, difference) => {
    await charged('a', 'b', 'c');
    await tell('free', { TotalPrice: '0.0000' });
    await instance.caughtUp('billing');
    await rows(plant);
    const state = await known();
    expect(state).toMatchObject({ difference });
    expect(state?.messages).toBeGreaterThan(0);
  });

  it('is not said to differ while billing is behind', async () => {
    await charged('a');
    await instance.subscriptions.pause('billing');
    await eventually(async () => expect((await instance.subscriptions.get('billing')).paused).toBe(true));
    await tell('a', { TotalPrice: '900.0000' });
    await tell('b');
    expect(await known()).toMatchObject({ difference: '0.0000', messages: 0 });
    await instance.subscriptions.resume('billing');
    await instance.caughtUp('billing');
    expect(await known()).toMatchObject({ difference: '0.0000', messages: 0 });
    expect(alarms()).toEqual([]);
  });

  it('is compared message by message, however many there are', async () => {
    await charged('a');
    await rows(`
      insert into esms.messages select account, 'm-' || lpad(n::text, 5, '0'), version, sequence, state, outcome, channel,
        price, recipient, request_id, registered, silent_since, created_at, document
      from esms.messages, generate_series(1, 4500) n`);
    await rows(`
      insert into esms.ledger (account, sms_id, event_id, delta, total, currency, occurred_at)
      select account, sms_id, gen_random_uuid(), price, price, 'VND', now() from esms.messages
      where sms_id not in ('a', 'm-00001', 'm-02000', 'm-04500')`);
    expect(await known()).toMatchObject({ difference: '-2550.0000', messages: 3, smsId: 'm-00001' });
  });
});
