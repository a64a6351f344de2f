import { hash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { ResolvedOptions } from '../config/options.js';
import { CountedLine } from '../telemetry/counted-line.js';
import { PROPERTIES_SQL, demandFit } from './fitness.js';
import { ImpatientClient } from './impatient-client.js';
import type { Statement, Transaction } from './sql-runner.js';
import { beginWith } from './transaction-settings.js';

/** What makes one pool another than the next. */
export interface PoolSettings {
  /** In the names of its logger and of its connections. */
  purpose: string;
  connections: number;
  /** What each transaction sets besides {@link LIMITS} or in their place, for itself alone. */
  settings: readonly string[];
  /** Passed between the last statement and COMMIT. */
  beforeCommit?: () => void | Promise<void>;
}

/** What every transaction sets for itself: a pooler in transaction mode refuses such settings at connect. */
const LIMITS = [
  'statement_timeout = 4000',
  'lock_timeout = 2000',
  'idle_in_transaction_session_timeout = 5000',
  // Statements are parsed once, but planned each time: a plan kept from when the tables were empty may read an index by
  // the account alone, and took three times the processor time a minute later (measured).
  'plan_cache_mode = force_custom_plan',
];

/** "Prepared statement does not exist" or "exists already": a pooler in transaction mode gave us another session. */
const POOLER_MIXES_SESSIONS = /^(26000|42P05)$/;

const NAME_CHARACTERS = 32;

const ANSWER_WITHIN_MS = 1_000;

/** `query_timeout` of one query: `pg` knows it, its types do not. */
const QUESTION = { text: PROPERTIES_SQL, query_timeout: ANSWER_WITHIN_MS };

/**
 * Connections for one purpose, so that no other work can take them away. Plain `pg`, for a few constant, hand-written
 * statements. Those that are not waited for one by one share a round trip (`pipeline`; a `pg` that does not know it
 * sends them one after the other).
 */
export class TransactionPool {
  readonly #pool: pg.Pool;
  readonly #begin: string;
  readonly #beforeCommit: () => void | Promise<void>;
  readonly #names = new Map<string, string>();
  readonly #logger: Logger;
  #prepares = true;
  #closing: Promise<void> | null = null;

  constructor(
    { connection }: ResolvedOptions['database'],
    { purpose, connections, settings, beforeCommit = () => undefined }: PoolSettings,
  ) {
    this.#logger = new Logger(`EsmsDatabase ${purpose}`);
    this.#beforeCommit = beforeCommit;
    this.#begin = beginWith([...LIMITS, ...settings]);
    this.#pool = new pg.Pool({
      ...connection,
      max: connections,
      application_name: `nestjs-esms-${purpose}`,
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: 5_000,
      Client: ImpatientClient,
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    // Of all of them at once, where the server goes.
    const lost = new CountedLine((line) => this.#logger.warn(line));
    this.#pool.on('error', (error) => lost.note(`idle connection lost: ${error.message}`));
  }

  /**
   * Runs `work` in one transaction; its result is given after COMMIT was answered. Rolls back on any error. Behind a
   * pooler the first may be run twice: again, without preparing.
   */
  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const prepares = this.#prepares;
    try {
      return await this.#run(work);
    } catch (error) {
      if (!prepares || !POOLER_MIXES_SESSIONS.test((error as { code?: string }).code ?? '')) throw error;
      this.#prepares = false;
      return this.#run(work);
    }
  }

  /**
   * Ends where the database answers and is fit, told after {@link ANSWER_WITHIN_MS} for a connection and as long for the
   * answer. Throws what the driver says, and `UnfitDatabase`.
   */
  async ask(): Promise<void> {
    const { rows } = await this.#pool.query(QUESTION);
    demandFit(rows[0]);
  }

  /** Ends the connections; once, however often it is called. */
  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  async #run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    const transaction = this.#open(client);
    try {
      const result = await work(transaction);
      // Awaited here as well, so that no work can take a COMMIT that failed for one that did not.
      await (transaction.committing() ?? transaction.commitWith([]));
      client.release();
      return result;
    } catch (error) {
      transaction.end();
      await giveBack(client);
      throw error;
    }
  }

  /** Nothing is answered unless BEGIN was, and nothing is sent once the end is: it would be outside of any transaction. */
  #open(client: pg.PoolClient): Transaction & { end(): void; committing(): Promise<void> | null } {
    const begun = client.query(this.#begin);
    begun.catch(() => undefined);
    let ended = false;
    let committing: Promise<void> | null = null;
    const send = (sql: string, parameters?: unknown[]): Promise<unknown> => {
      if (ended) throw new Error('the transaction of this statement has ended');
      return client.query(this.#statement(sql, parameters));
    };
    return {
      query: async (sql, parameters) => {
        const [answer] = await Promise.all([send(sql, parameters), begun]);
        return answer;
      },
      commitWith: async (statements: readonly Statement[]) => {
        const sent = statements.map(({ sql, parameters }) => send(sql, parameters));
        ended = true;
        committing = settled([begun, ...sent, this.#commit(client)]);
        await committing;
      },
      end: () => {
        ended = true;
      },
      committing: () => committing,
    };
  }

  /** Where a statement before it failed, PostgreSQL answers it with a rollback, and no error. */
  async #commit(client: pg.PoolClient): Promise<void> {
    const pause = this.#beforeCommit();
    if (pause !== undefined) await pause;
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
  }

  /**
   * Our statements are few and constant, so each is parsed once a connection. Named by its text: behind a pooler, pools,
   * replicas and versions meet on one session, where a name that means another statement would run that one.
   */
  #statement(text: string, values: unknown[] | undefined): pg.QueryConfig {
    if (!this.#prepares) return { text, ...(values && { values }) };
    const name = this.#names.get(text) ?? `esms_${hash('sha256', text, 'hex').slice(0, NAME_CHARACTERS)}`;
    this.#names.set(text, name);
    return { name, text, ...(values && { values }) };
  }
}

/** Ends when all have; rejects with what the first of them that failed, in the order given, failed with. */
async function settled(answers: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(answers);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
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
