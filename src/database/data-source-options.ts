import { randomUUID } from 'node:crypto';
import type { DataSourceOptions } from 'typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { FitClient } from './fit-client.js';
import { ImpatientClient } from './impatient-client.js';
import { MIGRATIONS } from './migrations.js';

const STATEMENT_MS = 15_000;

/** The name of our data source: made anew in each process, so that no data source of the host's can have it. */
export const DATA_SOURCE = `nestjs-esms:${randomUUID()}`;

/** Ours alone in every schema: a host that shares `public` with us keeps, runs and reverts its own `migrations`. */
export const MIGRATIONS_TABLE = 'nestjs_esms_migrations';

/**
 * TypeORM's options for our data source. No session settings here: a pooler in transaction mode refuses them at
 * connect, so transactions set what they need for themselves.
 */
export function dataSourceOptions(
  { connection, schema, workConnections }: ResolvedOptions['database'],
  // biome-ignore lint/complexity/noBannedTypes: TypeORM's own type for an entity class
  entities: readonly Function[],
): DataSourceOptions {
  return {
    type: 'postgres',
    schema,
    entities: [...entities],
    migrations: [...MIGRATIONS],
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsRun: false,
    // Each in its own: what was changed is not locked until the last of them is done.
    migrationsTransactionMode: 'each',
    synchronize: false,
    applicationName: 'nestjs-esms',
    logging: false,
    // Its default one writes to the console what we tell ourselves: every attempt of a migration that waits.
    logger: 'debug',
    extra: {
      ...connection,
      max: workConnections,
      connectionTimeoutMillis: 2_000,
      keepAlive: true,
      Client: FitClient,
    },
  };
}

/** The same for a service, whose statements are short: one without an answer is given up, and its connection with it. */
export function serviceDataSourceOptions(...given: Parameters<typeof dataSourceOptions>): DataSourceOptions {
  const options = dataSourceOptions(...given);
  return { ...options, extra: { ...options.extra, query_timeout: STATEMENT_MS, Client: ImpatientClient } };
}
