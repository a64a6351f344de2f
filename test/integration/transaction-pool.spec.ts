import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionPool } from '../../src/database/transaction-pool.js';
import type { SqlRunner } from '../../src/database/sql-runner.js';
import { PGBOUNCER_ABSENT, PgBouncer } from '../support/pg-bouncer.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let pool: TransactionPool;

const poolOf = (connectionString: string, purpose: string, connections: number): TransactionPool =>
  new TransactionPool(
    { connection: { connectionString }, schema: 'esms', migrations: 'off', ingestConnections: 1, workConnections: 1 },
    { purpose, connections, settings: [] },
  );

beforeAll(async () => {
  database = await createTestDatabase();
  await query(database.url, 'create table kept (value integer primary key)');
  pool = poolOf(database.url, 'test', 1);
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

describe.skipIf(PGBOUNCER_ABSENT)('pools that meet on the sessions of a pooler', () => {
  it('each get the answer to their own statement', async () => {
    const bouncer = await PgBouncer.start(database.url);
    const [one, other] = [poolOf(bouncer.url, 'one', 1), poolOf(bouncer.url, 'other', 1)];
    const askOne = (runner: SqlRunner) => runner.query("select 'one of ' || $1::text as answer", ['mine']);
    const askOther = (runner: SqlRunner) => runner.query("select 'other of ' || $1::text as answer", ['mine']);
    // The first session is given back last, so the next transaction gets it.
    await one.transaction(async (runner) => {
      await askOne(runner);
      await other.transaction(askOther);
    });
    expect(await other.transaction(askOther)).toMatchObject({ rows: [{ answer: 'other of mine' }] });
    await Promise.all([one.close(), other.close()]);
    await bouncer.stop();
  });
});
