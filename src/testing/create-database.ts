import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A PostgreSQL database of a test. */
export interface TestDatabase {
  /** What `EsmsModule` is given as `database.url`. */
  readonly url: string;
  /** Takes it away with everything in it, and ends the connections that are still open. */
  drop(): Promise<void>;
}

/** A new database on a server whose login may create some, a copy of a template. */
export async function createDatabase(serverUrl: string, template = 'template1'): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await command(serverUrl, `create database ${name} template ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => command(serverUrl, `drop database if exists ${name} with (force)`) };
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
