import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source-options.js';
import { runMigrations } from './run-migrations.js';

/** Brings a database to the newest schema and leaves: for tests and for deployments that migrate apart. */
export async function migrate(url: string, schema = 'esms'): Promise<void> {
  const database = { url, schema, migrations: 'run', ingestConnections: 1, workConnections: 3 } as const;
  const dataSource = await new DataSource(dataSourceOptions(database, [])).initialize();
  try {
    await runMigrations(dataSource, schema);
  } finally {
    await dataSource.destroy();
  }
}
