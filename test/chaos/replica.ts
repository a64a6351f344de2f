import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseProxy } from '../support/database-proxy.js';
import { loseUnflushed } from './power-loss.js';
import type { CrashPlan, ReplicaOrders } from './replica-process.js';

const SCRIPT = fileURLToPath(new URL('replica-process.js', import.meta.url));

/** The callback token of every replica. */
export const TOKEN = 'chaos-callback-token-1';

/** What a replica is told beyond its environment. */
export interface ReplicaSettings {
  port: number;
  directory: string;
  orders: Omit<ReplicaOrders, 'crash'>;
  /** Where each of its processes is to end itself; null: nowhere. */
  nextCrash(): CrashPlan | null;
}

/** One replica of the service: a process that is started again whenever it ends, with its own way to the database. */
export class Replica {
  #child: ChildProcess | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;
  /** How often a process of it was started. */
  starts = 0;
  /** How its processes ended, but for the orderly stops we asked for. */
  readonly ends: string[] = [];

  private constructor(
    readonly settings: ReplicaSettings,
    readonly proxy: DatabaseProxy,
  ) {}

  static async start(databaseUrl: string, settings: ReplicaSettings): Promise<Replica> {
    mkdirSync(settings.directory, { recursive: true });
    const replica = new Replica(settings, await DatabaseProxy.start(databaseUrl));
    replica.#running = replica.#supervise();
    await replica.ready();
    return replica;
  }

  /** Ends when it answers. */
  async ready(): Promise<void> {
    while (!(await this.isUp())) await sleep(25);
  }

  isUp(): Promise<boolean> {
    return new Promise((resolve) => {
      const request = get(`http://127.0.0.1:${this.settings.port}/health/live`, { agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.on('error', () => resolve(false));
    });
  }

  signal(signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#child?.kill(signal);
  }

  /** Names of what waits in its spool. */
  get spooled(): string[] {
    try {
      return readdirSync(join(this.settings.directory, 'spool')).filter((name) => name !== 'damaged');
    } catch {
      return [];
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.signal('SIGKILL');
    await this.#running;
    await this.proxy.close();
  }

  async #supervise(): Promise<void> {
    while (!this.#stopping) {
      const log = openSync(join(this.settings.directory, 'log'), 'a');
      const child = spawn(process.execPath, ['--enable-source-maps', SCRIPT], {
        env: { ...process.env, ...this.#environment() },
        stdio: ['ignore', log, log],
      });
      this.#child = child;
      this.starts += 1;
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      closeSync(log);
      if (code !== 0) this.ends.push(signal ?? `code ${code}`);
      if (signal === 'SIGKILL') loseUnflushed(this.settings.directory);
      if (!this.#stopping) await sleep(100);
    }
  }

  #environment(): Record<string, string> {
    const { port, directory, orders, nextCrash } = this.settings;
    return {
      NODE_ENV: 'production',
      PORT: String(port),
      HOST: '127.0.0.1',
      DATABASE_URL: this.proxy.url,
      DATA_DIR: directory,
      CALLBACK_TOKENS: TOKEN,
      API_KEYS: 'chaos-api-key-000001',
      CHAOS: JSON.stringify({ ...orders, crash: nextCrash() } satisfies ReplicaOrders),
    };
  }
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
