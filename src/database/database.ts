import {
  Inject,
  Injectable,
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
import { FirstConnection } from './first-connection.js';
import { UnfitDatabase } from './fitness.js';
import { BackgroundWork } from './background-work.js';
import { isAway } from './is-away.js';
import { demandMigrated, prepareDatabase } from './prepare-database.js';
import type { Transaction } from './sql-runner.js';
import { type Tables, tablesIn, type Views, viewsIn } from './tables.js';
import { TransactionPool } from './transaction-pool.js';
import { Troubles } from './troubles.js';
import { WorkPool } from './work-pool.js';

/** How long whoever asks right after the boot waits for the first connection. */
const PATIENCE_MS = 5_000;

const INGEST_SETTINGS = [
  // A role, a database or a pooler may have it off, and we answer after COMMIT.
  'synchronous_commit = on',
  // Callbacks share transactions: who waits for a lock, waits with all the others.
  'lock_timeout = 20',
];

/**
 * Our PostgreSQL. Connected in the background, so that a database that is away never stops a boot; migrated when it
 * comes, by one process at a time. One that is unfit is taken for one that is away.
 */
@Injectable()
export class Database implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  readonly tables: Tables;
  readonly views: Views;
  /** Everything but callbacks, whether the database is ready or not: for what prepares it. */
  readonly work: WorkPool;
  /** Where loops in the background tell that they fail, and that they work again. */
  readonly background = new BackgroundWork();
  readonly #ingest: TransactionPool;
  readonly #troubles = new Troubles();
  readonly #first: FirstConnection;
  readonly #preparations: (() => Promise<void>)[] = [];
  #asking: Promise<boolean> | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    @InjectDataSource(DATA_SOURCE) readonly dataSource: DataSource,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.tables = tablesIn(options.database.schema);
    this.views = viewsIn(options.database.schema);
    this.work = new WorkPool(dataSource);
    this.#first = new FirstConnection(() => this.#prepare(), this.#troubles);
    this.#ingest = new TransactionPool(options.database, {
      purpose: 'ingest',
      connections: options.database.ingestConnections,
      settings: INGEST_SETTINGS,
      beforeCommit: () => faultPoint('before_commit'),
    });
  }

  /** Whether the database was reached, found fit, and has our newest schema; it may be away since. */
  get isReady(): boolean {
    return this.#first.isMade;
  }

  /** What keeps us from it: the latest error of the start, or how it is unfit; null where nothing is known to. */
  get trouble(): unknown {
    return this.#troubles.latest;
  }

  /**
   * Whether it answers right now and is fit; told within two seconds. However many want to know, it is asked once at a
   * time.
   */
  answers(): Promise<boolean> {
    if (!this.isReady) return Promise.resolve(false);
    this.#asking ??= this.#ask().finally(() => {
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
  whenReady(): Promise<void> {
    return this.#first.ended();
  }

  /** Whether the database is ready, told as soon as it is, and after so long at the latest. */
  isReadyWithin(milliseconds: number): Promise<boolean> {
    return this.#first.within(milliseconds);
  }

  /**
   * Ends when the database is ready; right after the boot that takes a moment. Throws `database_away` where it is not
   * within five seconds.
   */
  async demandReady(): Promise<void> {
    if (this.isReady || (await this.isReadyWithin(PATIENCE_MS))) return;
    throw new EsmsError('database_away', 'the database is not ready yet', { cause: this.trouble });
  }

  /** Runs a statement on the pool for everything but callbacks. Throws `database_away`, see {@link reached}. */
  async query(sql: string, parameters?: unknown[]): Promise<unknown> {
    return this.reached(() => this.work.query(sql, parameters));
  }

  /** Gives what `work` gives. Throws `database_away` for what drivers say where the database cannot be reached. */
  async reached<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.demandReady();
    try {
      return await work();
    } catch (error) {
      throw isAway(error) ? new EsmsError('database_away', 'the database is away', { cause: error }) : error;
    }
  }

  /** Runs `work` in one transaction of the pool that stores callbacks. */
  async ingest<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    await this.demandReady();
    return this.#ingest.transaction(work);
  }

  /** Runs `work` in one transaction of the pool for everything else. */
  async transaction<Result>(work: (runner: QueryRunner) => Promise<Result>): Promise<Result> {
    await this.demandReady();
    return this.work.transaction(work);
  }

  async onModuleInit(): Promise<void> {
    if (this.#closing !== null) return;
    if (this.options.database.migrations === 'check') await this.#refuseWithPending();
    this.#first.start();
  }

  /** Before any `beforeApplicationShutdown`: some of those wait for {@link whenReady}. Only the connecting ends here. */
  onModuleDestroy(): void {
    this.#first.stop();
  }

  /** Nest calls this as often as the application is closed. */
  onApplicationShutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#first.stop();
    await this.#first.ended();
    // TypeORM's own hook may have come before it was connected, and found nothing to close.
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
    await this.#ingest.close();
  }

  /** One that became unfit under way is told of here; who stores callbacks tells of one that is away. */
  async #ask(): Promise<boolean> {
    try {
      await this.#ingest.ask();
      this.#troubles.end();
      return true;
    } catch (error) {
      if (error instanceof UnfitDatabase) this.#troubles.note(error);
      return false;
    }
  }

  async #prepare(): Promise<void> {
    await prepareDatabase(this.dataSource, this.options.database);
    for (const prepare of this.#preparations) await prepare();
  }

  /** A database that is away cannot be checked now; it is before it is first used. */
  async #refuseWithPending(): Promise<void> {
    const isThere = await this.dataSource.initialize().then(
      () => true,
      () => false,
    );
    if (isThere) await demandMigrated(this.dataSource);
  }
}
