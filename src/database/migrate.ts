import { DataSource } from 'typeorm';
import type { Connection } from '../config/connection-options.js';
import { dataSourceOptions } from './data-source-options.js';
import { runMigrations } from './run-migrations.js';

/** Brings a database to the newest schema and leaves: for tests and for deployments that migrate apart. */
export async function migrate(connection: Connection, schema = 'esms'): Promise<void> {
  const database = { connection, schema, migrations: 'run', ingestConnections: 1, workConnections: 3 } as const;
  const dataSource = await new DataSource(dataSourceOptions(database, [])).initialize();
  try {
    await runMigrations(dataSource, schema);
  } finally {
    await dataSource.destroy();
  }
}
