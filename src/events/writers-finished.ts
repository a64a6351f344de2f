import { setTimeout } from 'node:timers/promises';
import type { Database } from '../database/database.js';
import { rowsOf } from '../database/sql-runner.js';
import { EsmsError } from '../domain/errors.js';

const SHORTEST_INTERVAL_MS = 20;
const LONGEST_INTERVAL_MS = 500;

/** A host may keep a transaction open in which it registered a message: who waits for it tries again later. */
const PATIENCE_MS = 5_000;

/** The transactions that write to the table in `$1` now. */
export const WRITERS_SQL = `
  select virtualtransaction as writer from pg_locks
  where locktype = 'relation' and relation = $1::regclass and mode = 'RowExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())`;

/**
 * Ends when every transaction that writes events now has ended. Such a one may have read the table of subscribers before
 * it was changed; any later one has not, since a statement takes its locks before it looks. Nobody is held up by it.
 * Throws `database_away` where one takes longer than `withinMs`.
 */
export async function writersFinished({ work, tables }: Database, withinMs = PATIENCE_MS): Promise<void> {
  const begun = performance.now();
  const writers = async (): Promise<string[]> => {
    const rows = await rowsOf<{ writer: string }>(work, WRITERS_SQL, [tables.changes]);
    return rows.map(({ writer }) => writer);
  };
  let left = await writers();
  while (left.length > 0) {
    const waited = performance.now() - begun;
    if (waited > withinMs) throw new EsmsError('database_away', 'a transaction that writes events does not end');
    // The longer it takes, the less a tenth of it matters.
    await setTimeout(Math.min(Math.max(SHORTEST_INTERVAL_MS, waited / 10), LONGEST_INTERVAL_MS));
    const now = new Set(await writers());
    left = left.filter((writer) => now.has(writer));
  }
}
