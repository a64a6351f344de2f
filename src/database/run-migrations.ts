import { setTimeout } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { WITHOUT_TIME_LIMITS } from './begin-migration.js';
import { sqlStateOf } from './sql-state.js';

/** Any number; the same for every process that migrates one database. */
const MIGRATION_LOCK = 7_364_021_906;

/** Between two looks whether it is our turn. */
const TURN_PAUSE_MS = 200;

/** A lock that others hold (55P03), or two who wait for each other (40P01). */
const MET_OTHERS = /^(55P03|40P01)$/;
const ATTEMPTS = 60;
/** Meanwhile those who had to wait behind a migration that gave up are all served. */
const PAUSE_MS = 1_000;

/**
 * Runs what is pending, one process at a time; each migration in a transaction of its own, and again where others hold
 * a lock that it needs. The turn belongs to a transaction, since a pooler in transaction mode would lose a session's
 * lock, and is given back when that transaction ends.
 */
export async function runMigrations(dataSource: DataSource, schema: string): Promise<void> {
  await inTurn(dataSource, async () => {
    await ensureSchema(dataSource, schema);
    await patiently(() => dataSource.runMigrations({ transaction: 'each' }));
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

/** Tries again what met others, who are served meanwhile; what is done by then stays done. */
async function patiently(migrate: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await migrate();
      return;
    } catch (error) {
      if (!MET_OTHERS.test(sqlStateOf(error)) || attempt === ATTEMPTS) throw error;
      if (attempt === 1)
        new Logger('EsmsDatabase').warn('a migration waits for a lock that others hold, and tries again');
      await setTimeout(PAUSE_MS);
    }
  }
}

async function inTurn(dataSource: DataSource, work: () => Promise<void>): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await takeTurn(runner);
    await work();
    await runner.commitTransaction();
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await runner.release();
  }
}

/** Asked for again and again: a statement that waited for it would be one that a concurrent build of an index waits for. */
async function takeTurn(runner: QueryRunner): Promise<void> {
  for (;;) {
    await runner.startTransaction('READ COMMITTED');
    await runner.query(WITHOUT_TIME_LIMITS);
    const [{ taken }] = (await runner.query(`select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as taken`)) as [
      { taken: boolean },
    ];
    if (taken) return;
    await runner.rollbackTransaction();
    await setTimeout(TURN_PAUSE_MS);
  }
}
