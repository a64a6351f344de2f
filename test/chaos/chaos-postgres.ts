import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { EmbeddedPostgresDirectory } from '../support/embedded-postgres-directory.js';

interface Launch {
  command: string;
  parameters: string[];
  uid: number;
  gid: number;
}

/**
 * kill -9 takes nothing out of the system's page cache, but it does take what PostgreSQL has not written yet. With these,
 * a kill is as hard on what did not demand a flush as a loss of power: it is gone for up to ten seconds back.
 */
const FORGETFUL = { synchronous_commit: 'off', wal_writer_delay: '10s', wal_writer_flush_after: '64MB' };

/** A durable PostgreSQL that is killed and started again, always at the same address. */
export class ChaosPostgres {
  #pid: number;

  private constructor(
    readonly url: string,
    private readonly directory: EmbeddedPostgresDirectory,
    private readonly launch: Launch,
    private readonly release: () => Promise<void>,
    pid: number,
  ) {
    this.#pid = pid;
  }

  static async start(): Promise<ChaosPostgres> {
    const directory = EmbeddedPostgresDirectory.create();
    const settings = { max_connections: '60', ...FORGETFUL };
    const server = await startEmbeddedPostgres({ directory: directory.path, settings });
    const pid = directory.postmaster?.identity.pid;
    if (pid === undefined) throw new Error('the PostgreSQL just started is not there');
    const stop = (): Promise<void> => server.stop();
    return new ChaosPostgres(server.url, directory, launchOf(pid), stop, pid);
  }

  /** kill -9 of the server and of all its processes. */
  kill(): void {
    const children = childrenOf(this.#pid);
    for (const pid of [this.#pid, ...children]) killIfThere(pid);
  }

  /** Starts it again where it was killed, and ends when it answers. */
  async revive(): Promise<void> {
    for (;;) {
      const { command, parameters, uid, gid } = this.launch;
      const identity = process.getuid?.() === 0 ? { uid, gid } : {};
      const env = { LC_ALL: 'C', TZ: 'UTC' };
      const child = spawn(command, parameters, { cwd: '/', stdio: 'ignore', detached: true, env, ...identity });
      await once(child, 'spawn');
      this.#pid = child.pid as number;
      let isOver = false;
      child.once('exit', () => (isOver = true));
      // What is left of the killed one may keep the new one from starting for a moment.
      while (!isOver) {
        if (await this.#answers()) return;
        await sleep(50);
      }
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    // The first one's owner gives its folder back; the server that runs by now is another.
    await this.release();
    await this.directory.remove();
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** How a running process was started. */
function launchOf(pid: number): Launch {
  const [command = '', ...parameters] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const id = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { command, parameters, uid: id('Uid'), gid: id('Gid') };
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
