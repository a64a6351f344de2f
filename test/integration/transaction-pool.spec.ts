import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TransactionPool } from '../../src/database/transaction-pool.js';
import { encodeArray } from '../../src/database/encode-array.js';
import type { SqlRunner, Statement, Transaction } from '../../src/database/sql-runner.js';
import { eventually } from '../support/eventually.js';
import { PGBOUNCER_ABSENT, PgBouncer } from '../support/pg-bouncer.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let pool: TransactionPool;

const poolOf = (
  connectionString: string,
  purpose: string,
  connections: number,
  beforeCommit?: () => Promise<void>,
): TransactionPool =>
  new TransactionPool(
    { connection: { connectionString }, schema: 'esms', migrations: 'off', ingestConnections: 1, workConnections: 1 },
    { purpose, connections, settings: [], ...(beforeCommit && { beforeCommit }) },
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

/** Of the one pool: other test files share the server. */
const IN_TRANSACTION = `
  select from pg_stat_activity where state = 'idle in transaction' and application_name = 'nestjs-esms-pausing'`;

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

describe('statements sent together with COMMIT', () => {
  const keeping = (value: number): Statement => ({
    sql: 'insert into kept select unnest($1::int[])',
    parameters: [encodeArray('integer', [value])],
  });
  const commit = (...values: number[]) =>
    pool.transaction((transaction) => transaction.commitWith(values.map(keeping)).then(() => 'done'));

  beforeEach(() => query(database.url, 'truncate kept'));

  it('are kept', async () => {
    await expect(commit(11, 12)).resolves.toBe('done');
    expect(await kept()).toEqual([11, 12]);
  });

  it('leave nothing where one of them fails, which is what is told', async () => {
    await commit(11);
    await expect(commit(12, 11, 13)).rejects.toMatchObject({ code: '23505' });
    expect(await kept()).toEqual([11]);
  });

  it('are not told as kept where they are not, though the work overlooks it', async () => {
    await commit(11);
    const overlooking = (transaction: Transaction) => transaction.commitWith([keeping(11)]).catch(() => 'done');
    await expect(pool.transaction(overlooking)).rejects.toMatchObject({ code: '23505' });
  });

  it('leave nothing where one before them failed, though nobody looked', async () => {
    const work = async (transaction: Transaction): Promise<void> => {
      await keep(transaction, 11);
      await keep(transaction, 11).catch(() => undefined);
    };
    await expect(pool.transaction(work)).rejects.toThrow('ended with ROLLBACK');
    await expect(
      pool.transaction((transaction) => work(transaction).then(() => transaction.commitWith([keeping(12)]))),
    ).rejects.toMatchObject({ code: '25P02' });
    expect(await kept()).toEqual([]);
  });

  it('are the last: nothing is sent behind them', async () => {
    const work = async (transaction: Transaction): Promise<void> => {
      await transaction.commitWith([keeping(11)]);
      await keep(transaction, 12);
    };
    await expect(pool.transaction(work)).rejects.toThrow('has ended');
    expect(await kept()).toEqual([11]);
  });

  it('are there when the pause before COMMIT begins, and are not kept where it fails', async () => {
    let seen: unknown[] = [];
    const pausing = poolOf(database.url, 'pausing', 1, async () => {
      await eventually(async () => {
        seen = await query(database.url, IN_TRANSACTION);
        expect(seen).toHaveLength(1);
      });
      throw new Error('the end');
    });
    await expect(pausing.transaction((each) => each.commitWith([keeping(11)]))).rejects.toThrow('the end');
    await pausing.close();
    expect(await kept()).toEqual([]);
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
