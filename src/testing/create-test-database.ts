import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../database/embedded-postgres/start-embedded-postgres.js';
import { createDatabase, type TestDatabase } from './create-database.js';

/** Where a test's database is to be. */
export interface TestDatabaseOptions {
  /**
   * A server that runs already, whose login may create databases: one made here can serve all files of a run.
   * @default a PostgreSQL of its own, of the package `embedded-postgres`, started now and stopped by `drop`
   */
  url?: string;
}

/**
 * An empty database for a test. Without a `url` it needs the package `embedded-postgres`, which is loaded only then.
 *
 * @throws EmbeddedPostgresUnavailableError where that package is not installed, or its binaries do not run here
 */
export function createTestDatabase({ url }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  return url === undefined ? startServer() : createDatabase(url);
}

async function startServer(): Promise<TestDatabase> {
  const top = mkdtempSync(join(tmpdir(), `nestjs-esms-test-${process.pid}-`));
  const directory = join(top, 'directory');
  mkdirSync(directory);
  // The server of root's tests runs as another user, who must get there.
  chmodSync(directory, 0o755);
  chmodSync(top, 0o711);
  // Each file of a test run has pools of its own.
  const settings = { max_connections: '200' };
  const remove = (): void => rmSync(top, { recursive: true, force: true });
  try {
    const server = await startEmbeddedPostgres({ directory, durable: false, settings });
    return { url: server.url, drop: () => server.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}
