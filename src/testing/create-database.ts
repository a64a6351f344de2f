import { randomBytes } from 'node:crypto';
import { SteadyClient } from '../database/steady-client.js';

/** A PostgreSQL database of a test. */
export interface TestDatabase {
  /** What `EsmsModule` is given as `database.url`. */
  readonly url: string;
  /** Takes it away with everything in it. Connections get a second to end by themselves. */
  drop(): Promise<void>;
}

/** A new database on a server whose login may create some, a copy of a template. */
export async function createDatabase(serverUrl: string, template = 'template1'): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await command(serverUrl, `create database ${name} template ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropDatabase(serverUrl, name) };
}

async function command(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new SteadyClient(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * `Pool.end` of `pg` does not wait until PostgreSQL has read the good-byes. A connection ended by force before that
 * raises an `error` on its pool, which ends a process that listens to none.
 */
function dropDatabase(serverUrl: string, name: string): Promise<void> {
  const connected = `exists (select from pg_stat_activity where datname = '${name}')`;
  const patience = `do $$ begin for i in 1..100 loop
    exit when not ${connected};
    perform pg_sleep(0.01), pg_stat_clear_snapshot();
  end loop; end $$`;
  return command(serverUrl, patience, `drop database if exists ${name} with (force)`);
}
