import type { DataSource, QueryRunner } from 'typeorm';

/** Any number; the same for every process that migrates one database. */
const MIGRATION_LOCK = 7_364_021_906;

/**
 * Runs what is pending, one process at a time. The lock belongs to a transaction of its own, since a pooler in
 * transaction mode would lose a session's lock, and is given back when that transaction ends.
 */
export async function runMigrations(dataSource: DataSource, schema: string): Promise<void> {
  await locked(dataSource, async () => {
    await ensureSchema(dataSource, schema);
    await dataSource.runMigrations({ transaction: 'all' });
  });
}

/** Creates the schema where it is missing; a role that may not create one can be given it beforehand. */
export async function ensureSchema(dataSource: DataSource, schema: string): Promise<void> {
  const [{ exists }] = (await dataSource.query('select to_regnamespace($1) is not null as exists', [
    `"${schema}"`,
  ])) as [{ exists: boolean }];
  if (!exists) await dataSource.query(`create schema if not exists "${schema}"`);
}

/** The names of the migrations that are still to run. */
export async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const { migrationsTableName = 'migrations', schema = 'public' } = dataSource.options as {
    migrationsTableName?: string;
    schema?: string;
  };
  const table = `"${schema}"."${migrationsTableName}"`;
  const [{ exists }] = (await dataSource.query('select to_regclass($1) is not null as exists', [table])) as [
    { exists: boolean },
  ];
  const done = exists ? ((await dataSource.query(`select name from ${table}`)) as { name: string }[]) : [];
  const names = new Set(done.map(({ name }) => name));
  return dataSource.migrations
    .map(({ name, constructor }) => name ?? constructor.name)
    .filter((name) => !names.has(name));
}

async function locked(dataSource: DataSource, work: () => Promise<void>): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction('READ COMMITTED');
    await waitForLock(runner);
    await work();
    await runner.commitTransaction();
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
}

async function waitForLock(runner: QueryRunner): Promise<void> {
  await runner.query('set local lock_timeout = 0');
  await runner.query('set local statement_timeout = 0');
  await runner.query('set local idle_in_transaction_session_timeout = 0');
  await runner.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
}
