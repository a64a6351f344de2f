import type { Environment } from './environment.js';

/** A database to use, and what to do when done with it. */
export interface OpenedDatabase {
  url: string;
  close(): Promise<void>;
}

/** The PostgreSQL that was named, or the embedded one of the data directory. */
export async function openDatabase({ databaseUrl, dataDirectory }: Environment): Promise<OpenedDatabase> {
  if (databaseUrl !== null) return { url: databaseUrl, close: async () => undefined };
  const { startEmbeddedPostgres } = await import('../database/embedded-postgres/start-embedded-postgres.js');
  const server = await startEmbeddedPostgres({ directory: dataDirectory });
  return { url: server.url, close: () => server.stop() };
}
