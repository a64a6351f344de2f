import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import { callbackQuery, counted } from '../support/callback-query.js';
import { query } from '../support/query.js';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';
import { Service } from '../support/service.js';
import { createBareDatabase } from '../support/test-database.js';

const PASSWORD = 'of-the-reporting-role';

let service: Service;

/** Pairs that contradict each other, and pairs that look so. */
const REGISTERED_AND_CALLED: [object, Record<string, string | null>][] = [
  [{ recipient: '0901888484' }, { phonenumber: '0901888485' }],
  [{ recipient: '0901888484' }, { phonenumber: '0901888485', ...counted(2, 0, 2) }],
  [{ recipient: '0901888484' }, { phonenumber: '0901888485', TotalReceiver: '0', TotalSent: '2' }],
  [{ recipient: '0901888484' }, { phonenumber: '09******85' }],
  [{ recipient: '5308693166941955879' }, { TypeId: '25', phonenumber: '530869316694195' }],
  [{ recipient: '5308693166941955879' }, { TypeId: '25', phonenumber: '630869316694195' }],
  [{ channel: 'viber' }, { TypeId: '2' }],
  [{ channel: 'viber' }, { TypeId: '99' }],
  [{ channel: 'unrecognised' }, { TypeId: '2' }],
];

beforeAll(async () => {
  service = await Service.start();
  await service.register({ smsId: 'in-conflict', ref: 'order-4', requestId: 'as-registered' });
  await service.callbacks(...[...SEED_SAMPLES, UID_SAMPLE].map(({ query: callback }) => callback));
  await service.callbacks(
    ...['3', '4', '5', '6', '7', '8'].map((telcoid) => callbackQuery(`telco-${telcoid}`, { telcoid })),
    callbackQuery('sent-then-reported', counted(0, 0, 2)),
    callbackQuery('sent-then-reported', counted(1, 1, 2)),
    callbackQuery('decides-nothing', { SendStatus: '99', TotalPrice: '1e3' }),
    callbackQuery('of-no-channel', { TypeId: '99', RequestId: 'request-of-no-channel' }),
    callbackQuery('in-conflict', { RequestId: 'as-reported' }),
    callbackQuery('fallen-silent', { SendStatus: '2' }),
    callbackQuery('reached-once', { phonenumber: '0901888485', TypeId: '25' }),
    callbackQuery('gone', { phonenumber: '0901888485', TypeId: '25', ...counted(0, 1, 1), ...failed(-114) }),
    callbackQuery('still-gone', { phonenumber: '0901888485', TypeId: '25', ...counted(0, 1, 1), ...failed(-114) }),
  );
  await service.register({ smsId: 'of-no-channel', ref: 'order-1', channel: 'viber', metadata: { order: 1 } });
  await service.register({
    requestId: 'never-seen',
    ref: 'order-2',
    recipient: '+84 901 888 484',
    channel: 'sms_care',
  });
  await service.register({ smsId: 'registered-first', ref: 'order-3' });
  for (const [index, [registered, called]] of REGISTERED_AND_CALLED.entries()) {
    await service.register({ smsId: `contradicted-${index}`, ...registered });
    await service.callbacks(callbackQuery(`contradicted-${index}`, called));
  }
  await service.settled();
  // What the closer stores, without its wait.
  await service.rows(
    `update esms.messages set state = 'reported', outcome = 'unknown',
       document = (document::jsonb || '{"closedAt": "2036-11-25T19:05:40.123456Z"}')::json
     where sms_id = 'fallen-silent'`,
  );
});

afterAll(() => service.stop());

/** What the gateway says of a failure. */
function failed(code: number): { error_info: string } {
  return { error_info: encodeURIComponent(JSON.stringify({ error: code, message: 'refused' })) };
}

/** JSON as a row: each field under its path in snake case. */
function flattened(value: object, path = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      const column = path + name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const isNested = typeof field === 'object' && field !== null && !Array.isArray(field) && name !== 'metadata';
      return isNested ? Object.entries(flattened(field as object, `${column}_`)) : [[column, field]];
    }),
  );
}

/** The rows of a view: times, amounts and counts as JSON spells them. */
async function rowsOfView(view: string, order: string): Promise<Record<string, unknown>[]> {
  const columns = await service.rows(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = 'esms' and table_name = $1`,
    [view],
  );
  const spelled: Record<string, (name: string) => string> = {
    'timestamp with time zone': (name) => `to_char("${name}" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    numeric: (name) => `"${name}"::text`,
    bigint: (name) => `"${name}"::int`,
  };
  const list = columns.map(({ name, type }) => `${spelled[type]?.(name) ?? `"${name}"`} as "${name}"`).join(', ');
  return service.rows(`select ${list} from esms.${view} order by ${order}`);
}

/** A row has every field of the JSON, and nothing else but nulls for the parts of an object that is null. */
function expectSame(row: Record<string, unknown> | undefined, json: object): void {
  const fields = flattened(json);
  const absent = Object.keys(row ?? {}).filter((name) => !(name in fields));
  const parts = absent.map((name) => [name, null] as const);
  const whole = Object.keys(fields).filter((name) => absent.some((part) => part.startsWith(`${name}_`)));
  for (const name of whole) {
    expect(fields[name]).toBeNull();
    delete fields[name];
  }
  expect(row).toEqual({ ...fields, ...Object.fromEntries(parts) });
}

describe('field by field, as the API says it', () => {
  it('v1_messages', async () => {
    const { body } = await service.api<{ items: { smsId: string }[] }>('/messages?limit=500');
    const waiting = await service.api<{ items: { smsId: null }[] }>('/messages?ref=order-2');
    const told = [...body.items, ...waiting.body.items];
    const rows = await rowsOfView('v1_messages', 'sms_id');
    expect(rows).toHaveLength(told.length);
    expect(told.length).toBeGreaterThan(18);
    for (const message of told) {
      expectSame(
        rows.find(({ sms_id }) => sms_id === message.smsId),
        message,
      );
    }
  });

  it('v1_receipts', async () => {
    const rows = await rowsOfView('v1_receipts', 'received_at, id');
    const smsIds = [...new Set(rows.map(({ sms_id }) => String(sms_id)))];
    expect(smsIds.length).toBeGreaterThan(15);
    for (const smsId of smsIds) {
      const { receipts, account } = await service.message(smsId);
      const own = rows.filter(({ sms_id }) => sms_id === smsId);
      expect(own).toEqual(receipts.map((receipt) => flattened({ account, smsId, ...receipt })));
    }
  });

  it('v1_ledger', async () => {
    const { body } = await service.api<{ items: { eventId: string; kind: string }[] }>('/billing/ledger?limit=500');
    const rows = await rowsOfView('v1_ledger', 'at');
    expect(rows).toHaveLength(body.items.length);
    for (const entry of body.items) {
      expectSame(
        rows.find(({ event_id, kind }) => event_id === entry.eventId && kind === entry.kind),
        { account: 'default', ...entry },
      );
    }
  });

  it('v1_contacts', async () => {
    const rows = await rowsOfView('v1_contacts', 'id, channel');
    const ids = [...new Set(rows.map(({ id }) => String(id)))];
    expect(ids).toEqual(expect.arrayContaining(['0901888484', '0901888485', '31215806834323092']));
    for (const contact of ids) {
      const { body } = await service.api<{ id: string; kind: string; reachability: Record<string, object> }>(
        `/crm/contacts/${contact}`,
      );
      const { id, kind, reachability } = body;
      const channels = Object.entries(reachability).map(([channel, { ...state }]) => ({ channel, ...state }));
      expect(rows.filter((row) => row['id'] === contact)).toEqual(
        channels
          .toSorted((a, b) => (a.channel < b.channel ? -1 : 1))
          .map((channel) => flattened({ account: 'default', id, kind, ...channel })),
      );
    }
  });
});

describe('a role with the GRANT of the README', () => {
  const name = `reporting_${process.pid}`;
  let reporting: Client;

  beforeAll(async () => {
    await service.rows(`create role ${name} login password '${PASSWORD}'`);
    await service.rows(`grant usage on schema esms to ${name}`);
    await service.rows(
      `grant select on esms.v1_messages, esms.v1_receipts, esms.v1_ledger, esms.v1_contacts to ${name}`,
    );
    const url = new URL(service.databaseUrl);
    url.username = name;
    url.password = PASSWORD;
    reporting = new Client({ connectionString: url.href });
    await reporting.connect();
  });

  afterAll(async () => {
    await reporting.end();
    await service.rows(`drop owned by ${name}`);
    await service.rows(`drop role ${name}`);
  });

  it.each(['v1_messages', 'v1_receipts', 'v1_ledger', 'v1_contacts'])('reads %s', async (view) => {
    expect((await reporting.query(`select from esms.${view}`)).rowCount).toBeGreaterThan(0);
  });

  it.each(['messages', 'receipts', 'registrations', 'ledger', 'contact_entries', 'events', 'quarantine'])(
    'does not read %s',
    async (table) => {
      await expect(reporting.query(`select from esms.${table}`)).rejects.toMatchObject({ code: '42501' });
    },
  );
});

it("joins a host's orders by ref", async () => {
  await service.rows('create table orders (id text primary key, title text not null)');
  await service.rows(`insert into orders values ('order-1', 'a book'), ('order-2', 'a lamp'), ('order-9', 'a chair')`);
  const rows = await service.rows(
    `select o.id, m.state, m.outcome, m.price_amount from orders o
     left join esms.v1_messages m on m.account = 'default' and m.ref = o.id order by o.id`,
  );
  expect(rows).toEqual([
    { id: 'order-1', state: 'reported', outcome: 'delivered', price_amount: '850.0000' },
    { id: 'order-2', state: 'pending', outcome: null, price_amount: null },
    { id: 'order-9', state: null, outcome: null, price_amount: null },
  ]);
});

it('are in whatever schema the tables are', async () => {
  const database = await createBareDatabase();
  try {
    await migrate({ connectionString: database.url }, 'receipts_of_acme');
    expect(await query(database.url, 'select from receipts_of_acme.v1_messages')).toEqual([]);
    expect(await query(database.url, `select to_regnamespace('esms') as other`)).toEqual([{ other: null }]);
  } finally {
    await database.drop();
  }
});
