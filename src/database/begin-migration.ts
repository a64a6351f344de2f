import type { QueryRunner } from 'typeorm';

/**
 * Takes the time limits of a role or a database off one transaction: a migration takes as long as it takes. Those that
 * this version of PostgreSQL has (`transaction_timeout` came with 17).
 */
export const WITHOUT_TIME_LIMITS =
  `select set_config(name, '0', true) from pg_settings ` +
  `where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`;

/**
 * What every migration says first. A change of a table waits for whoever reads it, and everybody who comes after waits
 * behind the change: a report that is open would stop all callbacks. So it gives up soon, well before a callback would,
 * and is tried again.
 */
export const BEGIN_MIGRATION = [
  'set transaction isolation level read committed',
  `set local lock_timeout = '200ms'`,
  WITHOUT_TIME_LIMITS,
].join('; ');

/**
 * Begins a migration, up or down. One that builds an index on a table that is there already has none of this: it is a
 * migration by itself with `transaction = false`, of `drop index concurrently if exists` (a build that failed leaves an
 * invalid one) and `create index concurrently`.
 */
export async function beginMigration(runner: QueryRunner): Promise<void> {
  await runner.query(BEGIN_MIGRATION);
}
