import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionPool } from '../../src/database/transaction-pool.js';
import type { SqlRunner } from '../../src/database/sql-runner.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let pool: TransactionPool;

beforeAll(async () => {
  database = await createTestDatabase();
  await query(database.url, 'create table kept (value integer primary key)');
  const connection = { connectionString: database.url };
  pool = new TransactionPool(
    { connection, schema: 'esms', migrations: 'off', ingestConnections: 1, workConnections: 1 },
    { purpose: 'test', connections: 1, settings: [] },
  );
});

afterAll(async () => {
  await pool.close();
  await database.drop();
});

const keep = (runner: SqlRunner, value: number) => runner.query('insert into kept values ($1)', [value]);
const kept = async () => (await query(database.url, 'select value from kept order by value')).map(({ value }) => value);

describe('statements sent together in one transaction', () => {
  it('are answered in their order, and kept together', async () => {
    await pool.transaction((runner) => Promise.all([keep(runner, 1), keep(runner, 2)]));
    expect(await kept()).toEqual([1, 2]);
  });

  it('leave nothing where one in the middle fails', async () => {
    const work = (runner: SqlRunner) => Promise.all([keep(runner, 3), keep(runner, 1), keep(runner, 4)]);
    await expect(pool.transaction(work)).rejects.toMatchObject({ code: '23505' });
    expect(await kept()).toEqual([1, 2]);
  });

  it('are not sent any more once the transaction has ended: they would be kept outside of any', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const work = async (runner: SqlRunner) => {
      late = keep(runner, 5)
        .then(() => new Promise((resolve) => setTimeout(resolve, 100)))
        .then(() => keep(runner, 6));
      late.catch(() => undefined);
      await keep(runner, 1);
    };
    await expect(pool.transaction(work)).rejects.toMatchObject({ code: '23505' });
    await expect(late).rejects.toThrow('has ended');
    await pool.transaction((runner) => keep(runner, 7));
    expect(await kept()).toEqual([1, 2, 7]);
  });
});
