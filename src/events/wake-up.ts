import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Connection } from '../config/connection-options.js';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { Outbox } from './outbox.js';
import { PooledConnection, WakeUpConnection } from './wake-up-connection.js';

/** Once in so long a process tells the others, however many commits there were. */
const NOTIFY_INTERVAL_MS = 50;
const HEARTBEAT_MS = 3_000;
const LONGEST_WAIT_MS = 2_000;

/**
 * What there is to tell: there may be new events in the log, there may be deliveries that are due, or somebody changed
 * what subscribers are to do.
 */
export type News = 'events' | 'deliveries' | 'subscriptions';

const ALL_NEWS: Readonly<Record<News, true>> = { events: true, deliveries: true, subscriptions: true };

/**
 * Tells other processes of new events and deliveries, and hears of theirs, by NOTIFY on a connection of its own: after the commit,
 * since a NOTIFY inside the transaction would make all commits of the database queue for one lock. Nothing depends on
 * it: a lost wake-up costs the poll interval. Behind a pooler that shares sessions it gives up without a word.
 */
@Injectable()
export class WakeUp implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsWakeUp');
  readonly #id = randomUUID();
  readonly #channel: string;
  readonly #database: Connection;
  readonly #stopping = new AbortController();
  readonly #listeners: Readonly<Record<News, Set<() => void>>> = {
    events: new Set(),
    deliveries: new Set(),
    subscriptions: new Set(),
  };
  readonly #untold = new Set<News>();
  #connection: WakeUpConnection | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopListening: () => void = () => undefined;
  #notifying: Promise<void> | null = null;

  constructor(
    @Inject(OPTIONS) { database: { connection, schema } }: ResolvedOptions,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {
    this.#database = connection;
    this.#channel = schema;
  }

  /** Calls `listener` when this process or another one tells. */
  on(news: News, listener: () => void): void {
    this.#listeners[news].add(listener);
  }

  /** Tells this process at once and others soon; to be called after the commit. */
  tell(news: News): void {
    this.#wake(news);
    this.#untold.add(news);
    this.#notifying ??= this.#notify().finally(() => {
      this.#notifying = null;
    });
  }

  onApplicationBootstrap(): void {
    this.#stopListening = this.outbox.onAnnounced(() => this.tell('events'));
    this.#running = this.#run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort();
    this.#connection?.close();
    if (this.database.isReady) await this.#running;
    await this.#notifying;
  }

  async #run(): Promise<void> {
    await this.database.whenReady();
    if (!this.database.isReady) return;
    for (let wait = 100; !this.#stopping.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        await this.#listen(() => (wait = 100));
      } catch (error) {
        if (error instanceof PooledConnection) return;
        this.#logger.debug(`wake-ups are gone, trying again: ${(error as Error).message}`);
      }
      await this.#sleep(wait);
    }
  }

  /** As long as the connection proves to be alive: by hearing itself, which is all that it is for. */
  async #listen(proved: () => void): Promise<void> {
    const connection = await WakeUpConnection.open(this.#database, this.#channel, (payload) => this.#hear(payload));
    this.#connection = connection;
    try {
      while (!this.#stopping.signal.aborted) {
        await connection.beat();
        proved();
        await this.#sleep(HEARTBEAT_MS, connection.lost);
      }
    } finally {
      this.#connection = null;
      connection.close();
      // What was told meanwhile was not heard.
      for (const news of Object.keys(ALL_NEWS) as News[]) this.#wake(news);
    }
  }

  #hear(payload: string): void {
    const [news, id] = payload.split(' ');
    if (id !== this.#id && news !== undefined && news in ALL_NEWS) this.#wake(news as News);
  }

  #wake(news: News): void {
    for (const listener of this.#listeners[news]) listener();
  }

  async #notify(): Promise<void> {
    while (this.#untold.size > 0 && this.#connection !== null) {
      for (const news of this.#untold) {
        this.#untold.delete(news);
        await this.#connection?.notify(`${news} ${this.#id}`).catch(() => undefined);
      }
      await this.#sleep(NOTIFY_INTERVAL_MS);
    }
  }

  async #sleep(milliseconds: number, ended?: AbortSignal): Promise<void> {
    const { signal } = this.#stopping;
    const signals = ended === undefined ? signal : AbortSignal.any([signal, ended]);
    await sleep(milliseconds, undefined, { signal: signals }).catch(() => undefined);
  }
}
