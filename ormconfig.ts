import 'reflect-metadata';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { readProcessEnvironment } from './src/app/environment.js';
import { openDatabase } from './src/app/open-database.js';
import { dataSourceOptions } from './src/database/data-source-options.js';
import { ENTITIES } from './src/entities.js';

const SCHEMA = 'esms';

/** The data source for the TypeORM CLI: the service's own database, embedded or not, beside a running service or alone. */
async function openDataSource(): Promise<DataSource> {
  const { url } = await openDatabase(readProcessEnvironment());
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create schema if not exists "${SCHEMA}"`);
  await client.end();
  const database = {
    connection: { connectionString: url },
    schema: SCHEMA,
    migrations: 'off',
    ingestConnections: 1,
    workConnections: 2,
  } as const;
  return new DataSource({ ...dataSourceOptions(database, ENTITIES), logger: 'advanced-console' });
}

export default openDataSource();
