import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { ResolvedOptions } from '../config/options.js';
import type { SqlRunner } from './sql-runner.js';

/**
 * What every transaction of the pool sets for itself: a pooler in transaction mode refuses such settings at connect.
 * `synchronous_commit` is named because a role, a database or a pooler may have it off, and we answer after COMMIT.
 */
const BEGIN = [
  'begin',
  'set local synchronous_commit = on',
  'set local statement_timeout = 4000',
  'set local lock_timeout = 2000',
  'set local idle_in_transaction_session_timeout = 5000',
].join('; ');

/**
 * The connections that store callbacks and do nothing else, so that no page, poll or subscriber can take them away.
 * Plain `pg`, because a batch of callbacks is a handful of hand-written statements.
 */
export class IngestPool {
  readonly #pool: pg.Pool;
  readonly #logger = new Logger('EsmsIngest');

  constructor({ url, ingestConnections }: ResolvedOptions['database']) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: ingestConnections,
      application_name: 'nestjs-esms-ingest',
      connectionTimeoutMillis: 1_000,
      query_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    // Both are needed: an idle client's error reaches the pool, a checked-out one's only itself; unheard, each ends the process.
    this.#pool.on('error', (error) => this.#logger.warn(`idle connection lost: ${error.message}`));
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Runs `work` in one transaction; its result is given after COMMIT was answered. Rolls back on any error. */
  async transaction<Result>(work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    try {
      await client.query(BEGIN);
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      await giveBack(client);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** A connection that cannot even roll back is closed, not given to the next one. */
async function giveBack(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('rollback');
    client.release();
  } catch (error) {
    client.release(error as Error);
  }
}
