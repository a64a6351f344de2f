import { isAway } from '../database/is-away.js';
import { isPassing } from '../database/is-passing.js';
import type { SqlRunner } from '../database/sql-runner.js';
import { OutageError } from './outage.js';
import type { ReaderPool } from './reader-pool.js';

/**
 * Runs what a subscriber of ours does for its events in one transaction of our database. Rejects with an `OutageError`,
 * which spends no attempt, where somebody holds a lock on what it writes or the database is away: the event is not to
 * blame.
 */
export async function subscriberTransaction(
  pool: ReaderPool,
  work: (runner: SqlRunner) => Promise<void>,
): Promise<void> {
  try {
    await pool.transaction(work);
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new OutageError((error as Error).message, { cause: error, isTold: isAway(error) });
  }
}
