import { type Client, DatabaseError } from 'pg';
import { SteadyClient } from '../steady-client.js';
import type { ServerConnection } from './connection-file.js';

/** Codes of "starting up", "shutting down" and the like, and of "too many connections". */
const NOT_NOW = /^(57|53300)/;

const TIMEOUT_MS = 10_000;

/**
 * Makes sure that the database exists and that the server lets us in. False when the server takes no connections just
 * now (it starts, stops or died).
 * @throws Error when it refuses: a wrong password above all
 */
export async function openDatabase(connection: ServerConnection, database: string): Promise<boolean> {
  const client = new SteadyClient({
    host: '127.0.0.1',
    ssl: false,
    ...connection,
    database: 'postgres',
    connectionTimeoutMillis: TIMEOUT_MS,
  });
  try {
    await client.connect();
    await createIfMissing(client, database);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && !NOT_NOW.test(error.code ?? '')) throw error;
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createIfMissing(client: Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
  if (rowCount) return;
  try {
    await client.query(`create database ${client.escapeIdentifier(database)}`);
  } catch (error) {
    // Another process attached at the same moment and was faster; which of the two codes depends on by how much.
    if (!(error instanceof DatabaseError) || !['42P04', '23505'].includes(error.code ?? '')) throw error;
  }
}
