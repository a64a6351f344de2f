import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerConnection } from './connection-file.js';
import { openDatabase } from './open-database.js';
import type { Postmaster } from './postmaster.js';

/** Long, for a recovery after a crash. */
const TIMEOUT_MS = 120_000;
const POLL_MS = 20;

/**
 * Waits until the server lets us into the database (made if missing), and returns how it can be reached; null when the
 * server ended first.
 * @throws Error when the server refuses the password or does not become ready
 */
export async function awaitDatabase(
  postmaster: Postmaster,
  known: ServerConnection,
  database: string,
): Promise<ServerConnection | null> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (postmaster.isRunning()) {
    // We connect only where our server says it listens: another one may have taken the port we know.
    const port = postmaster.readyPort();
    if (port !== null && (await openDatabase({ ...known, port }, database))) return { ...known, port };
    if (performance.now() > deadline)
      throw new Error(`PostgreSQL (pid ${postmaster.identity.pid}) does not become ready.`);
    await sleep(POLL_MS);
  }
  return null;
}
