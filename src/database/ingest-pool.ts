import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { ResolvedOptions } from '../config/options.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { ImpatientClient } from './impatient-client.js';
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
  // Statements are parsed once, but planned each time: a plan kept from when the tables were empty may read an index by
  // the account alone, and took three times the processor time a minute later (measured).
  'set local plan_cache_mode = force_custom_plan',
].join('; ');

/**
 * "Prepared statement does not exist" or "exists already": a pooler in transaction mode gave us another session. The
 * transaction is run again like after any passing error, then without preparing.
 */
const POOLER_MIXES_SESSIONS = /^(26000|42P05)$/;

const ANSWER_WITHIN_MS = 1_000;

/** `query_timeout` of one query: `pg` knows it, its types do not. */
const QUESTION = { text: 'select 1', query_timeout: ANSWER_WITHIN_MS };

/**
 * The connections that store callbacks and do nothing else, so that no page, poll or subscriber can take them away.
 * Plain `pg`, because a batch of callbacks is a handful of hand-written statements. Statements that are not waited for
 * one by one share a round trip (`pipeline`; a `pg` that does not know it sends them one after the other).
 */
export class IngestPool {
  readonly #pool: pg.Pool;
  readonly #names = new Map<string, string>();
  #prepares = true;
  readonly #logger = new Logger('EsmsIngest');

  constructor({ connection, ingestConnections }: ResolvedOptions['database']) {
    this.#pool = new pg.Pool({
      ...connection,
      max: ingestConnections,
      application_name: 'nestjs-esms-ingest',
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: 5_000,
      Client: ImpatientClient,
      pipeline: true,
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
    const transaction = this.#begin(client);
    try {
      const result = await work(transaction);
      await faultPoint('before_commit');
      transaction.end();
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      transaction.end();
      if (POOLER_MIXES_SESSIONS.test((error as { code?: string }).code ?? '')) this.#prepares = false;
      await giveBack(client);
      throw error;
    }
  }

  /** Nothing is answered unless BEGIN was, and nothing is sent once the end is: it would be outside of any transaction. */
  #begin(client: pg.PoolClient): SqlRunner & { end(): void } {
    const begun = client.query(BEGIN);
    begun.catch(() => undefined);
    let ended = false;
    const query = async (sql: string, parameters?: unknown[]): Promise<unknown> => {
      if (ended) throw new Error('the transaction of this statement has ended');
      const [answer] = await Promise.all([client.query(this.#statement(sql, parameters)), begun]);
      return answer;
    };
    return {
      query,
      end: () => {
        ended = true;
      },
    };
  }

  /** Our statements are few and constant, so each is parsed once a connection. */
  #statement(text: string, values: unknown[] | undefined): pg.QueryConfig {
    if (!this.#prepares) return { text, ...(values && { values }) };
    const name = this.#names.get(text) ?? `esms_${this.#names.size}`;
    this.#names.set(text, name);
    return { name, text, ...(values && { values }) };
  }

  /** Whether the database answers, told after {@link ANSWER_WITHIN_MS} for a connection and as long for the answer. */
  async answers(): Promise<boolean> {
    try {
      await this.#pool.query(QUESTION);
      return true;
    } catch {
      return false;
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
