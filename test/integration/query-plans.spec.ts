import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { CHANNELS } from '../../src/domain/channel.js';
import { EsmsContacts, EsmsLedger, EsmsMessages, EsmsQuarantine } from '../../src/index.js';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { callbackQuery } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventually } from '../support/eventually.js';
import { statementsOf, tablesReadWhole } from '../support/query-plans.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Rows of each large table: so many that whoever does not use an index is seen to. */
const MESSAGES = 60_000;

/** Small by nature: one row for each subscriber, process or webhook. */
const SMALL = ['subscribers', 'subscriber_hosts', 'webhooks', 'pg_database', 'orders'];

const HOUR = { from: '2026-11-25T18:00Z', to: '2026-11-25T19:00Z' };

let database: TestDatabase;
let instance: DispatcherInstance;
let client: pg.Client;

const of = <Service>(type: abstract new (...parameters: never[]) => Service): Service =>
  instance.app.get(type, { strict: false });

/**
 * Real rows of one message, multiplied: a message in a hundred is not final, one in fifty failed, one in a thousand has
 * no channel that we know, one in ten was registered, half of them without a message yet.
 */
const MULTIPLIED = [
  `insert into esms.messages
   select account, 'sms-' || n, version, sequence,
     case when n % 100 = 0 then case when n % 200 = 0 then 'sent' else 'pending' end else 'reported' end,
     case when n % 100 = 0 then null when n % 50 = 1 then 'undelivered' else 'delivered' end,
     case when n % 1000 = 7 then 'unrecognised' else (array['sms_care', 'zalo_zns', 'viber'])[1 + n % 3] end,
     price, '09' || lpad((n % 20000)::text, 8, '0'), 'request-' || n, false,
     case when n % 100 = 0 then now() end, created_at - n * interval '1 second', document
   from esms.messages, generate_series(1, ${MESSAGES}) n`,
  `insert into esms.receipts (account, sms_id, source, digest, received_at, first_received_at, recorded_at, repeats, decision, report, raw)
   select account, 'sms-' || n, source, digest || n, received_at, first_received_at, received_at - n * interval '1 second',
     repeats, decision, report, raw
   from esms.receipts, generate_series(1, ${MESSAGES}) n`,
  `insert into esms.registrations (account, id, request_id, ref, recipient_kind, recipient, registered_at, changed_at, linked_sms_id)
   select 'default', gen_random_uuid(), 'request-' || n, 'ref-' || n, 'phone', '09' || lpad((n % 20000)::text, 8, '0'),
     now(), now(), case when n % 2 = 0 then 'sms-' || n end
   from generate_series(1, ${MESSAGES}, 3) n`,
  `insert into esms.ledger (account, sms_id, event_id, delta, total, currency, channel, telco_id, occurred_at, recorded_at)
   select account, 'sms-' || n, gen_random_uuid(), delta, total, currency, channel, telco_id,
     occurred_at - n * interval '1 second', recorded_at - n * interval '1 second'
   from esms.ledger, generate_series(1, ${MESSAGES}) n`,
  `insert into esms.contact_entries
   select account, 'sms-' || n, '09' || lpad((n % 20000)::text, 8, '0'), kind, channel, outcome, reason, failure_class,
     occurred_at, sequence
   from esms.contact_entries, generate_series(1, ${MESSAGES}) n`,
  `insert into esms.quarantine (account, id, received_at, recorded_at, reason, raw, repeats)
   select 'default', gen_random_uuid(), now(), now() - n * interval '1 second', 'sms_id_absent', '', 0
   from generate_series(1, ${MESSAGES}) n`,
  `insert into esms.changes (account, subject, sequence, types, occurred_at, facts, view)
   select account, 'sms-' || n, sequence, types, occurred_at, facts, view
   from esms.changes, generate_series(1, ${MESSAGES / 2}) n`,
  `create table public.orders as select 'ref-' || n as id from generate_series(1, 20) n`,
  'set default_statistics_target = 1000; analyze',
];

beforeAll(async () => {
  database = await createTestDatabase();
  instance = await DispatcherInstance.start(database.url, { billing: true, crm: true });
  await eventually(async () => expect(await instance.subscriptions.list()).toHaveLength(2));
  const callback = { account: 'default', receivedAt: '2026-11-25T19:05:40.123456Z' };
  await of(CallbackKeeper).keep({ ...callback, query: Buffer.from(callbackQuery('sms-0')) });
  await instance.caughtUp();
  // From here on nobody works in the background: what that asks would be taken for a part of a question.
  await instance.stop();
  instance = await DispatcherInstance.start(database.url, { billing: true, crm: true, dispatcher: false });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const statement of MULTIPLIED) await client.query(statement);
}, 240_000);

afterAll(async () => {
  await client.end();
  await instance.stop();
  await database.drop();
});

/** Every list and look-up of the API with each of its filters: one that is added belongs here. */
const ASKED: [string, () => Promise<unknown>][] = [
  ['a message', () => of(EsmsMessages).get('sms-7')],
  ['its timeline', () => of(EsmsMessages).timeline('sms-7')],
  ['messages', () => of(EsmsMessages).find()],
  [
    'the next page of messages',
    async () => {
      const { nextCursor } = await of(EsmsMessages).find({ limit: 2 });
      return of(EsmsMessages).find({ cursor: nextCursor ?? '' });
    },
  ],
  ['messages by requestId', () => of(EsmsMessages).find({ requestId: 'request-7' })],
  ['messages by ref', () => of(EsmsMessages).find({ ref: 'ref-7' })],
  ['messages by phone', () => of(EsmsMessages).find({ phone: '0900000007' })],
  ['messages by phone and channel', () => of(EsmsMessages).find({ phone: '0900000007', channel: 'viber' })],
  ['messages of a period', () => of(EsmsMessages).find({ from: '2026-11-24', to: '2026-11-25' })],
  ...(['pending', 'sent', 'reported'] as const).map((state): (typeof ASKED)[number] => [
    `messages that are ${state}`,
    () => of(EsmsMessages).find({ state }),
  ]),
  ...(['delivered', 'undelivered', 'rejected', 'unknown'] as const).map((outcome): (typeof ASKED)[number] => [
    `messages that are ${outcome}`,
    () => of(EsmsMessages).find({ outcome }),
  ]),
  ...CHANNELS.filter((channel) => ['sms_care', 'viber', 'unrecognised'].includes(channel)).map(
    (channel): (typeof ASKED)[number] => [`messages by ${channel}`, () => of(EsmsMessages).find({ channel })],
  ),
  // Not all of an account: its sum is of all its entries.
  ['the ledger of an hour', () => of(EsmsLedger).entries(HOUR)],
  [
    'the next page of the ledger',
    async () => {
      const { nextCursor } = await of(EsmsLedger).entries({ smsId: 'sms-7', limit: 1 });
      return of(EsmsLedger).entries({ ...(nextCursor !== null && { cursor: nextCursor }), ...HOUR });
    },
  ],
  ['the ledger of a message', () => of(EsmsLedger).entries({ smsId: 'sms-7' })],
  ['a summary of an hour', () => of(EsmsLedger).summary({ ...HOUR, by: 'received' })],
  ['a contact', () => of(EsmsContacts).get('0900000007')],
  ['the quarantine', () => of(EsmsQuarantine).list()],
];

/** What is asked of the views in README, and by whoever looks for one message, person or period. */
const IN_SQL: [string, string][] = [
  [
    'orders by their ref',
    `
    select o.id, m.state, m.outcome, m.price_amount
    from orders o left join lateral (
      select * from esms.v1_messages where account = 'default' and ref = o.id::text limit 1) m on true`,
  ],
  ...['sms_id', 'request_id', 'ref', 'recipient_value'].map((column): [string, string] => [
    `messages by ${column}`,
    `select * from esms.v1_messages where account = 'default' and ${column} = '0900000007'`,
  ]),
  [
    'messages of a person, newest first',
    `
    select * from esms.v1_messages where account = 'default' and recipient_value = '0900000007'
    order by created_at desc limit 10`,
  ],
  [
    'receipts of a message',
    `select * from esms.v1_receipts where account = 'default' and sms_id = 'sms-7' order by received_at`,
  ],
  ['the ledger of a message', `select * from esms.v1_ledger where account = 'default' and sms_id = 'sms-7'`],
  [
    'the ledger of a period',
    `
    select sum(delta) from esms.v1_ledger
    where account = 'default' and recorded_at >= now() - interval '1 hour' and recorded_at < now()`,
  ],
  ['a contact', `select * from esms.v1_contacts where account = 'default' and id = '0900000007'`],
];

describe('no question reads a table from one end to the other', () => {
  it.each(ASKED)('of the API: %s', async (_name, ask) => {
    const statements = await statementsOf(of(Database).dataSource, ask);
    expect(statements).not.toEqual([]);
    for (const statement of statements) {
      const read = await tablesReadWhole(client, statement);
      expect(
        read.filter((table) => !SMALL.includes(table)),
        statement.sql,
      ).toEqual([]);
    }
  });

  it.each(IN_SQL)('in SQL: %s', async (_name, sql) => {
    const read = await tablesReadWhole(client, { sql, values: [] });
    expect(
      read.filter((table) => !SMALL.includes(table)),
      sql,
    ).toEqual([]);
  });

  it('and one that has to is seen', async () => {
    const sql = `select from esms.v1_messages where error_message = 'refused'`;
    expect(await tablesReadWhole(client, { sql, values: [] })).toContain('messages');
  });
});
