import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { EsmsError } from '../domain/errors.js';
import { DATA_SOURCE } from './data-source-options.js';
import { IngestPool } from './ingest-pool.js';
import { pendingMigrations, runMigrations } from './run-migrations.js';
import type { SqlRunner } from './sql-runner.js';
import { type Tables, tablesIn } from './tables.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/**
 * Our PostgreSQL. Connected in the background, so that a database that is away never stops a boot; migrated when it
 * comes, by one process at a time.
 */
@Injectable()
export class Database implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly tables: Tables;
  readonly #logger = new Logger('EsmsDatabase');
  readonly #ingest: IngestPool;
  readonly #stopping = new AbortController();
  #ready = false;
  #connecting: Promise<void> | null = null;

  constructor(
    @InjectDataSource(DATA_SOURCE) readonly dataSource: DataSource,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.tables = tablesIn(options.database.schema);
    this.#ingest = new IngestPool(options.database);
  }

  /** Whether the database was reached and has our newest schema. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Whether it answers right now. */
  async answers(): Promise<boolean> {
    try {
      if (this.#ready) await this.dataSource.query('select 1');
      return this.#ready;
    } catch {
      return false;
    }
  }

  /** Ends when the database is ready, or when the application stops first. */
  async whenReady(): Promise<void> {
    await this.#connecting;
  }

  /** Runs `work` in one transaction of the pool that stores callbacks. */
  async ingest<Result>(work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    this.#demandReady();
    return this.#ingest.transaction(work);
  }

  /** Runs `work` in one transaction of the pool for everything else. */
  async transaction<Result>(work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    this.#demandReady();
    return this.dataSource.transaction(work);
  }

  async onModuleInit(): Promise<void> {
    if (this.options.database.migrations === 'check') await this.#refuseWithPending();
    this.#connecting = this.#connect();
  }

  beforeApplicationShutdown(): void {
    this.#stopping.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#connecting;
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
        return;
      } catch (error) {
        this.#logger.warn(`database not ready, trying again: ${(error as Error).message}`);
        await sleep(wait, this.#stopping.signal);
      }
    }
  }

  async #prepare(): Promise<void> {
    const { schema, migrations } = this.options.database;
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    if (migrations === 'run') await runMigrations(this.dataSource, schema);
    if (migrations === 'check') await this.#demandMigrated();
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
