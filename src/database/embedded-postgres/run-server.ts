import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitDatabase } from './await-database.js';
import type { Binaries } from './binaries.js';
import type { ServerConnection } from './connection-file.js';
import { disownPidFile } from './disown-pid-file.js';
import { freePort } from './free-port.js';
import { launchPostmaster } from './launch-postmaster.js';
import { Postmaster } from './postmaster.js';
import type { ServerFolder } from './server-folder.js';

const PORT_TAKEN = /could not create any TCP\/IP sockets/;

/** What is left of a killed server ends on its own within moments; and a start it was about may overtake ours. */
const PASSES_SOON = /shared memory block .* is still in use|lock file "postmaster.pid" already exists/;

const TIMEOUT_MS = 30_000;
const RETRY_MS = 100;

/** How a server is to be run. */
export interface ServerSettings {
  /** Made when it is missing. */
  readonly database: string;
  readonly durable: boolean;
  /** More of `postgresql.conf`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** A server that answers, and how it is reached. */
export interface RunningServer {
  readonly postmaster: Postmaster;
  readonly connection: ServerConnection;
}

/**
 * Adopts the server that a killed process left on the data, or starts one. Only the owner of the folder may call it.
 * @throws Error with the last lines of the server's log when it does not start
 */
export async function runServer(
  binaries: Binaries,
  folder: ServerFolder,
  known: ServerConnection,
  options: ServerSettings,
): Promise<RunningServer> {
  const deadline = performance.now() + TIMEOUT_MS;
  let { port } = known;
  for (;;) {
    port ||= await freePort();
    const running =
      (await adopt(folder, known, options)) ?? (await launch(binaries, folder, { ...known, port }, options));
    if (running) return running;
    const output = lastLines(folder.log);
    const portTaken = PORT_TAKEN.test(output);
    if (performance.now() > deadline || !(portTaken || PASSES_SOON.test(output))) {
      throw new Error(`PostgreSQL did not start. The end of its log ${folder.log}:\n${output}`);
    }
    if (portTaken) port = 0;
    else await sleep(RETRY_MS);
  }
}

async function adopt(
  { data }: ServerFolder,
  known: ServerConnection,
  { database, log }: ServerSettings,
): Promise<RunningServer | null> {
  const postmaster = Postmaster.find(data);
  if (!postmaster) return null;
  log(`adopting the PostgreSQL that an ended process left running (pid ${postmaster.identity.pid})`);
  const connection = await awaitDatabase(postmaster, known, database);
  return connection && { postmaster, connection };
}

async function launch(
  binaries: Binaries,
  folder: ServerFolder,
  known: ServerConnection,
  options: ServerSettings,
): Promise<RunningServer | null> {
  disownPidFile(folder.data);
  const postmaster = await launchPostmaster(binaries, folder, known.port, options);
  try {
    const connection = await awaitDatabase(postmaster, known, options.database);
    return connection && { postmaster, connection };
  } catch (error) {
    postmaster.interrupt(binaries.program('pg_ctl'));
    throw error;
  }
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}
