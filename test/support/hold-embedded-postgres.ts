import { createInterface } from 'node:readline';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';

/**
 * A process that uses the embedded PostgreSQL of the directory in its first argument, for tests that kill it. Says
 * `{"url":…,"owner":…}` when it has it, then obeys lines: `stop` (answers `stopped`), `exit`. Notices a Ctrl-C, and
 * stops the server when whoever started it is gone.
 */
async function run(directory: string): Promise<void> {
  const server = await startEmbeddedPostgres({ directory });
  process.on('SIGINT', () => console.log('interrupted'));
  console.log(JSON.stringify({ url: server.url, owner: server.owner }));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'exit') process.exit();
    if (line === 'stop') break;
  }
  await server.stop();
  console.log('stopped');
  process.exit();
}

void run(process.argv[2] ?? '.');
