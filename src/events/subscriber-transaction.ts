import type { Database } from '../database/database.js';
import { isAway } from '../database/is-away.js';
import { isPassing } from '../database/is-passing.js';
import type { SqlRunner } from '../database/sql-runner.js';
import { OutageError } from './outage.js';

/** Shorter than a handler may take: what waits for a lock is told so, and not taken for one that hangs. */
const LOCK_TIMEOUT = `set local lock_timeout = '5s'`;

/**
 * Runs what a subscriber of ours does for its events in one transaction of our database. Throws `OutageError`, which
 * spends no attempt, where somebody holds a lock on what it writes or the database is away: the event is not to blame.
 */
export async function subscriberTransaction(
  database: Database,
  work: (runner: SqlRunner) => Promise<void>,
): Promise<void> {
  try {
    await database.transaction(async (runner) => {
      await runner.query(LOCK_TIMEOUT);
      await work(runner);
    });
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new OutageError((error as Error).message, { cause: error, isTold: isAway(error) });
  }
}
