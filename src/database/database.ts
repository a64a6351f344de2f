import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type QueryRunner } from 'typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { EsmsError } from '../domain/errors.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { DATA_SOURCE } from './data-source-options.js';
import { isAway } from './is-away.js';
import { migrate } from './migrate.js';
import { pendingMigrations } from './run-migrations.js';
import type { Transaction } from './sql-runner.js';
import { type Tables, tablesIn } from './tables.js';
import { TransactionPool } from './transaction-pool.js';
import { WorkPool } from './work-pool.js';

/** How long a start may wait for the database before it counts as late. */
const LATE_AFTER_MS = 2_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

const INGEST_SETTINGS = [
  // A role, a database or a pooler may have it off, and we answer after COMMIT.
  'synchronous_commit = on',
  // Callbacks share transactions: who waits for a lock, waits with all the others.
  'lock_timeout = 20',
];

/**
 * Our PostgreSQL. Connected in the background, so that a database that is away never stops a boot; migrated when it
 * comes, by one process at a time.
 */
@Injectable()
export class Database implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  readonly tables: Tables;
  /** Everything but callbacks, whether the database is ready or not: for what prepares it. */
  readonly work: WorkPool;
  readonly #logger = new Logger('EsmsDatabase');
  readonly #ingest: TransactionPool;
  readonly #stopping = new AbortController();
  readonly #preparations: (() => Promise<void>)[] = [];
  #ready = false;
  #late = false;
  #connecting: Promise<void> | null = null;
  #asking: Promise<boolean> | null = null;

  constructor(
    @InjectDataSource(DATA_SOURCE) readonly dataSource: DataSource,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.tables = tablesIn(options.database.schema);
    this.work = new WorkPool(dataSource);
    this.#ingest = new TransactionPool(options.database, {
      purpose: 'ingest',
      connections: options.database.ingestConnections,
      settings: INGEST_SETTINGS,
      beforeCommit: () => faultPoint('before_commit'),
    });
  }

  /** Whether the database was reached and has our newest schema. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Whether it was not reached in good time after the start: callbacks then need another place. */
  get isLate(): boolean {
    return this.#late;
  }

  /** Whether it answers right now; told within two seconds. However many want to know, it is asked once at a time. */
  answers(): Promise<boolean> {
    if (!this.#ready) return Promise.resolve(false);
    this.#asking ??= this.#ingest.answers().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /**
   * Adds what must be done once our schema is there and before anything is stored in it; to be called in a constructor.
   * It is done again where a preparation fails.
   */
  beforeReady(prepare: () => Promise<void>): void {
    this.#preparations.push(prepare);
  }

  /** Ends when the database is ready, or when the application stops first. */
  async whenReady(): Promise<void> {
    await this.#connecting;
  }

  /** Runs a statement on the pool for everything but callbacks. Throws `database_away`, see {@link reached}. */
  async query(sql: string, parameters?: unknown[]): Promise<unknown> {
    return this.reached(() => this.work.query(sql, parameters));
  }

  /** Gives what `work` gives. Throws `database_away` for what drivers say where the database cannot be reached. */
  async reached<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#demandReady();
    try {
      return await work();
    } catch (error) {
      throw isAway(error) ? new EsmsError('database_away', 'the database is away', { cause: error }) : error;
    }
  }

  /** Runs `work` in one transaction of the pool that stores callbacks. */
  async ingest<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    this.#demandReady();
    return this.#ingest.transaction(work);
  }

  /** Runs `work` in one transaction of the pool for everything else. */
  async transaction<Result>(work: (runner: QueryRunner) => Promise<Result>): Promise<Result> {
    this.#demandReady();
    return this.work.transaction(work);
  }

  async onModuleInit(): Promise<void> {
    if (this.options.database.migrations === 'check') await this.#refuseWithPending();
    this.#connecting = this.#connect();
    setTimeout(() => {
      this.#late = !this.#ready;
    }, LATE_AFTER_MS).unref();
  }

  /** Before any `beforeApplicationShutdown`: some of those wait for {@link whenReady}. Only the connecting ends here. */
  onModuleDestroy(): void {
    this.#stopping.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#connecting;
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
    await this.#ingest.close();
  }

  #demandReady(): void {
    if (!this.#ready) throw new EsmsError('database_away', 'the database is not ready yet');
  }

  async #connect(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#stopping.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        await this.#prepare();
        this.#ready = true;
        this.#late = false;
        return;
      } catch (error) {
        this.#late = true;
        this.#logger.warn(`database not ready, trying again: ${(error as Error).message}`);
        await sleep(wait, this.#stopping.signal);
      }
    }
  }

  async #prepare(): Promise<void> {
    const { connection, schema, migrations } = this.options.database;
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    // On connections of its own: a migration may take longer than any other statement may.
    if (migrations === 'run') await migrate(connection, schema);
    if (migrations === 'check') await this.#demandMigrated();
    for (const prepare of this.#preparations) await prepare();
  }

  /** A database that is away cannot be checked now; it is before it is first used. */
  async #refuseWithPending(): Promise<void> {
    try {
      await this.dataSource.initialize();
    } catch (error) {
      this.#logger.warn(`migrations not checked, the database is away: ${(error as Error).message}`);
      return;
    }
    await this.#demandMigrated();
  }

  async #demandMigrated(): Promise<void> {
    const pending = await pendingMigrations(this.dataSource);
    if (pending.length === 0) return;
    throw new EsmsError(
      'options_invalid',
      `database.migrations is 'check' and these are pending: ${pending.join(', ')}`,
    );
  }
}

/** Waits, or ends at once where the application stops. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
