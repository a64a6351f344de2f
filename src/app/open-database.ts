import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './environment.js';

/** A database to use, and what to do when done with it. */
export interface OpenedDatabase {
  url: string;
  close(): Promise<void>;
}

/**
 * The PostgreSQL that was named, or the embedded one of the data directory.
 * @param log told in a sentence what takes its time
 */
export async function openDatabase(
  { databaseUrl, dataDirectory }: Pick<Environment, 'databaseUrl' | 'dataDirectory'>,
  log: (line: string) => void = () => undefined,
): Promise<OpenedDatabase> {
  if (databaseUrl !== null) return { url: databaseUrl, close: async () => undefined };
  const isNew = !existsSync(join(dataDirectory, 'postgres'));
  log(`${isNew ? 'making' : 'starting'} the embedded PostgreSQL in ${dataDirectory}`);
  const { startEmbeddedPostgres } = await import('../database/embedded-postgres/start-embedded-postgres.js');
  const server = await startEmbeddedPostgres({ directory: dataDirectory, log });
  return { url: server.url, close: () => server.stop() };
}
