import type { DataSource, QueryRunner } from 'typeorm';
import type { SqlRunner } from './sql-runner.js';
import { beginWith } from './transaction-settings.js';

/**
 * What a role or a database may have set otherwise: we answer after COMMIT, and a statement that waits for a lock, or a
 * process that was frozen, must not be ended sooner or later than we think.
 */
const SETTINGS = [
  'synchronous_commit = on',
  'statement_timeout = 15000',
  'lock_timeout = 0',
  'idle_in_transaction_session_timeout = 30000',
];

/** The connections of the data source, for everything but callbacks: whatever runs here runs in a transaction of ours. */
export class WorkPool implements SqlRunner {
  readonly #begin = beginWith(SETTINGS);

  constructor(private readonly dataSource: DataSource) {}

  /** One statement, in a transaction of its own. */
  query(sql: string, parameters?: unknown[]): Promise<unknown> {
    return this.transaction((runner) => runner.query(sql, parameters));
  }

  /** Runs `work` in one transaction; its result is given after COMMIT was answered. Rolls back on any error. */
  async transaction<Result>(work: (runner: QueryRunner) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.query(this.#begin);
      const result = await work(runner);
      await runner.query('commit');
      return result;
    } catch (error) {
      // On a connection that is lost nothing is left to roll back.
      await runner.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }
}
