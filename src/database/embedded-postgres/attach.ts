import { connectionUrl } from './connection-url.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { openDatabase } from './open-database.js';
import { Postmaster } from './postmaster.js';
import type { ServerFolder } from './server-folder.js';

/**
 * Uses the server that another process owns, and leaves it running; null when it does not answer (yet).
 * @throws Error when the server refuses the password
 */
export async function attach(folder: ServerFolder, database: string): Promise<EmbeddedPostgres | null> {
  const port = Postmaster.find(folder.data)?.readyPort() ?? null;
  const known = folder.connection.read();
  if (port === null || !known || !(await openDatabase({ ...known, port }, database))) return null;
  return { url: connectionUrl({ ...known, port }, database), owner: false, stop: async () => {} };
}
