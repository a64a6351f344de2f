import type { DataSource } from 'typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { EsmsError } from '../domain/errors.js';
import { UnfitDatabase } from './fitness.js';
import { migrate } from './migrate.js';
import { pendingMigrations } from './run-migrations.js';
import { rowsOf } from './sql-runner.js';
import { tablesIn } from './tables.js';
import { WorkPool } from './work-pool.js';

const RIGHTS = ['select', 'insert', 'update', 'delete'];

/** What of our tables the role lacks: all rights of those that are absent. */
const LACKING_SQL = `
  select name, to_regclass(name) is null as "isAbsent", string_agg(wanted, ', ') as lacking
  from unnest($1::text[]) name, unnest($2::text[]) wanted
  where to_regclass(name) is null or not has_table_privilege(to_regclass(name)::oid, wanted)
  group by name order by name`;

/**
 * Brings the database to where everything else can begin: connected, fit, migrated as the options say, and open to our
 * role. Throws what the driver says, {@link UnfitDatabase}, and `options_invalid` where a migration is pending.
 */
export async function prepareDatabase(
  dataSource: DataSource,
  { connection, schema, migrations }: ResolvedOptions['database'],
): Promise<void> {
  if (!dataSource.isInitialized) await dataSource.initialize();
  // On connections of its own: a migration may take longer than any other statement may.
  if (migrations === 'run') await migrate(connection, schema);
  if (migrations === 'check') await demandMigrated(dataSource);
  await demandRights(dataSource, schema);
}

/** Throws `options_invalid` where a migration is pending. */
export async function demandMigrated(dataSource: DataSource): Promise<void> {
  const pending = await pendingMigrations(dataSource);
  if (pending.length === 0) return;
  throw new EsmsError('options_invalid', `database.migrations is 'check' and these are pending: ${pending.join(', ')}`);
}

/** Found out at the first callback, they would be a callback in the spool for each. */
async function demandRights(dataSource: DataSource, schema: string): Promise<void> {
  const parameters = [Object.values(tablesIn(schema)), RIGHTS];
  const rows = await rowsOf<{ name: string; isAbsent: boolean; lacking: string }>(
    new WorkPool(dataSource),
    LACKING_SQL,
    parameters,
  );
  if (rows.length === 0) return;
  throw new UnfitDatabase(
    rows.map(({ name, isAbsent, lacking }) =>
      isAbsent ? `there is no table ${name}` : `our role lacks ${lacking} on ${name}`,
    ),
  );
}
