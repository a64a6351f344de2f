import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/database/migrate.js';
import { MIGRATIONS } from '../../src/database/migrations.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { query } from '../support/query.js';
import { createBareDatabase, type TestDatabase } from '../support/test-database.js';

class CreateOrders1700000000000 implements MigrationInterface {
  readonly name = 'CreateOrders1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table orders (id text)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table orders');
  }
}

/** Younger than every one of ours: what a revert in a table that both share would meet first, or miss. */
class CreateInvoices1900000000000 implements MigrationInterface {
  readonly name = 'CreateInvoices1900000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table invoices (id text)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table invoices');
  }
}

let database: TestDatabase;
let host: DataSource;

beforeEach(async () => {
  database = await createBareDatabase();
  const migrations = [CreateOrders1700000000000, CreateInvoices1900000000000];
  host = await new DataSource({ type: 'postgres', url: database.url, schema: 'public', migrations }).initialize();
});

afterEach(async () => {
  await host.destroy();
  await database.drop();
});

const ours = () => migrate({ connectionString: database.url }, 'public');
const namesIn = async (table: string): Promise<unknown[]> =>
  (await query(database.url, `select name from ${table} order by id`)).map(({ name }) => name as unknown);

describe("in a schema that is the host's too", () => {
  it.each([
    ['before', [ours, () => host.runMigrations()]],
    ['after', [() => host.runMigrations(), ours]],
  ])('ours, run %s, are written down apart', async (_order, steps) => {
    for (const step of steps) await step();
    expect(await namesIn('migrations')).toEqual(['CreateOrders1700000000000', 'CreateInvoices1900000000000']);
    expect(await namesIn('nestjs_esms_migrations')).toEqual(MIGRATIONS.map(({ name }) => name));
  });

  it('the host can revert all of its own, run them again, and has none pending', async () => {
    await host.runMigrations();
    await ours();
    await host.undoLastMigration();
    await host.undoLastMigration();
    expect(
      await query(database.url, `select to_regclass('orders') as orders, to_regclass('invoices') as invoices`),
    ).toEqual([{ orders: null, invoices: null }]);
    expect(await query(database.url, `select to_regclass('messages')::text as messages`)).toEqual([
      { messages: 'messages' },
    ]);
    await host.runMigrations();
    expect(await host.showMigrations()).toBe(false);
    await ours();
    expect(await namesIn('nestjs_esms_migrations')).toHaveLength(MIGRATIONS.length);
  });

  it("'check' is about ours alone", async () => {
    await ours();
    const instance = await DispatcherInstance.start(database.url, { migrations: 'check', schema: 'public' });
    expect(await instance.subscriptions.list()).toEqual([]);
    await instance.stop();
    await query(database.url, `delete from nestjs_esms_migrations where name = '${MIGRATIONS[0].name}'`);
    const starting = DispatcherInstance.start(database.url, { migrations: 'check', schema: 'public' });
    await expect(starting).rejects.toThrow(new RegExp(`pending: ${MIGRATIONS[0].name}$`));
  });
});
