import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { DispatchPool } from '../../src/events/dispatch-pool.js';
import { EsmsMessages } from '../../src/index.js';
import { callbackQuery } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { PGBOUNCER_ABSENT, PgBouncer } from '../support/pg-bouncer.js';
import { query } from '../support/query.js';
import { Service } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** What a database may say of every transaction in it, and a transaction of ours may not follow. */
const DEFAULTS = [
  [`default_transaction_isolation = 'repeatable read'`],
  [`default_transaction_isolation = 'serializable'`, 'default_transaction_deferrable = on'],
  [`default_transaction_isolation = 'serializable'`, 'synchronous_commit = off', `lock_timeout = '1ms'`],
  [
    `datestyle = 'German'`,
    `timezone = 'Pacific/Kiritimati'`,
    `intervalstyle = 'sql_standard'`,
    `bytea_output = 'escape'`,
  ],
  ['standard_conforming_strings = off', `search_path = 'pg_temp'`, 'array_nulls = off', 'row_security = off'],
  [`statement_timeout = '150ms'`, `idle_in_transaction_session_timeout = '100ms'`, 'extra_float_digits = -15'],
];

let database: TestDatabase;

async function createDatabaseWith(settings: readonly string[]): Promise<TestDatabase> {
  const created = await createTestDatabase();
  const name = new URL(created.url).pathname.slice(1);
  for (const setting of settings) await query(created.url, `alter database ${name} set ${setting}`);
  return created;
}

describe.each(DEFAULTS.map((settings) => ({ settings })))('in a database with $settings', ({ settings }) => {
  let service: Service;

  afterEach(() => service.stop());

  it('links registrations and callbacks of one RequestId that come at once, and refuses none', async () => {
    database = await createDatabaseWith(settings);
    service = await Service.start({}, database);
    const names = Array.from({ length: 40 }, (_, index) => `${index}`);
    const answers = await Promise.all(
      names.flatMap((name) => [
        service.register({ ref: `ref-${name}`, requestId: `request-${name}` }).then(({ status }) => status),
        service.callback(callbackQuery(`sms-${name}`, { RequestId: `request-${name}` })).then(({ text }) => text),
        // The same once more: the later of the two finds what the earlier one wrote.
        service.register({ ref: `ref-${name}`, requestId: `request-${name}` }).then(({ status }) => status),
      ]),
    );
    expect(answers.filter((answer) => !(answer === 'OK' || answer === 200 || answer === 201))).toEqual([]);
    await service.settled();
    const unlinked = await service.rows('select ref from esms.registrations where linked_sms_id is null');
    expect(unlinked).toEqual([]);
    for (const name of names) {
      expect(await service.message(`sms-${name}`)).toMatchObject({ registered: true, ref: `ref-${name}` });
    }
    expect(await service.ledger('sms-0')).toMatchObject({ sum: '850.0000' });
  });
});

describe('the level of every transaction', () => {
  const LEVEL = `select current_setting('transaction_isolation') as level`;
  const levelOf = (answer: unknown): string =>
    ((answer as { rows?: { level: string }[] }).rows ?? (answer as { level: string }[]))[0]?.level ?? '';

  const levelsBehind = async (url: string): Promise<string[]> => {
    const instance = await DispatcherInstance.start(url);
    const store = instance.app.get(Database, { strict: false });
    const dispatch = instance.app.get(DispatchPool, { strict: false });
    const answers = [
      await store.query(LEVEL),
      await store.work.query(LEVEL),
      await store.transaction((runner) => runner.query(LEVEL)),
      await store.ingest((runner) => runner.query(LEVEL)),
      await dispatch.transaction((runner) => runner.query(LEVEL)),
    ];
    await instance.stop();
    return answers.map(levelOf);
  };
  const committed = Array.from({ length: 5 }, () => 'read committed');

  beforeEach(async () => {
    database = await createDatabaseWith([`default_transaction_isolation = 'serializable'`]);
  });

  afterEach(() => database.drop());

  it('is READ COMMITTED', async () => {
    expect(await levelsBehind(database.url)).toEqual(committed);
  });

  it.skipIf(PGBOUNCER_ABSENT)('is READ COMMITTED behind a pooler in transaction mode', async () => {
    const pooler = await PgBouncer.start(database.url);
    expect(await levelsBehind(pooler.url)).toEqual(committed);
    await pooler.stop();
  });
});

describe("a registration in a host's own transaction", () => {
  it.each([
    ['begin isolation level serializable', 'SERIALIZABLE'],
    ['begin isolation level repeatable read', 'REPEATABLE READ'],
    ['begin read only', 'read-only'],
    ['begin isolation level serializable read only deferrable', 'SERIALIZABLE'],
  ])('with %s is refused in words, and the transaction goes on', async (begin, word) => {
    database = await createTestDatabase();
    await query(database.url, 'create table orders (id text)');
    const instance = await DispatcherInstance.start(database.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(begin);
    if (!begin.includes('read only')) await client.query(`insert into orders values ('kept')`);
    const registering = instance.app.get(EsmsMessages).register({ ref: 'strict' }, { manager: client });
    await expect(registering).rejects.toMatchObject({
      name: 'EsmsError',
      code: 'transaction_unfit',
      message: expect.stringContaining(word) as string,
    });
    expect((await client.query('commit')).command).toBe('COMMIT');
    expect(await query(database.url, 'select from orders')).toHaveLength(begin.includes('read only') ? 0 : 1);
    expect(await query(database.url, 'select from esms.registrations')).toEqual([]);
    await client.end();
    await instance.stop();
    await database.drop();
  });

  it.each(['read committed', 'read uncommitted'])('with %s is stored, whatever the default is', async (level) => {
    database = await createDatabaseWith([`default_transaction_isolation = 'serializable'`]);
    const instance = await DispatcherInstance.start(database.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`begin isolation level ${level}`);
    await instance.app.get(EsmsMessages).register({ ref: 'loose' }, { manager: client });
    await client.query('commit');
    expect(await query(database.url, 'select from esms.registrations')).toHaveLength(1);
    await client.end();
    await instance.stop();
    await database.drop();
  });
});
