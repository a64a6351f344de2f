import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { ImpatientClient } from '../database/impatient-client.js';
import type { SqlRunner } from '../database/sql-runner.js';

/**
 * What every transaction of the pool sets for itself: a pooler in transaction mode refuses such settings at connect.
 * A claim or a mark that a crash of PostgreSQL takes back is made again, so none waits for the disk. The planner keeps
 * to the index of what is due, whatever its statistics say of a table that was empty a moment ago.
 */
const BEGIN = [
  'begin',
  'set local synchronous_commit = off',
  'set local statement_timeout = 4000',
  'set local lock_timeout = 2000',
  'set local idle_in_transaction_session_timeout = 5000',
  'set local enable_seqscan = off',
  'set local enable_bitmapscan = off',
  'set local enable_hashjoin = off',
  'set local enable_mergejoin = off',
  'set local jit = off',
].join('; ');

const CONNECTIONS = 2;

/** The dispatcher's own connections: no handler that hangs in a transaction, and no page, can take them away. */
@Injectable()
export class DispatchPool implements OnApplicationShutdown {
  readonly #logger = new Logger('EsmsDispatcher');
  readonly #pool: pg.Pool;

  constructor(@Inject(OPTIONS) { database: { connection } }: ResolvedOptions) {
    this.#pool = new pg.Pool({
      ...connection,
      max: CONNECTIONS,
      application_name: 'nestjs-esms-dispatch',
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
      Client: ImpatientClient,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    // Both are needed: an idle client's error reaches the pool, a checked-out one's only itself; unheard, each ends the process.
    this.#pool.on('error', (error) => this.#logger.warn(`idle connection lost: ${error.message}`));
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Runs `work` in one transaction. Rolls back on any error. */
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

  async onApplicationShutdown(): Promise<void> {
    await this.#pool.end();
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
