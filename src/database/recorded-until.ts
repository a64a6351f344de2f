import { setTimeout } from 'node:timers/promises';
import type { Instant } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import type { Database } from './database.js';
import { instantSql, rowsOf } from './sql-runner.js';

const INTERVAL_MS = 20;
/** How long a writer that does not say since when it writes is waited for. */
const PATIENCE_MS = 5_000;

/**
 * The time before which nothing can be recorded in a table any more: whoever reads what is recorded before it sees all
 * of it, and sees the same for ever. It is the present, or the beginning of the oldest transaction that writes to the
 * table now; the read must be a later statement. Nobody is held up by it, and who writes elsewhere holds back nothing.
 * Throws `database_away` where the beginning of such a transaction is not to be seen (it is another role's, or a
 * prepared one) and it does not end either.
 */
export async function recordedUntil({ work }: Database, table: string): Promise<Instant> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    // `now()` is before the look at the locks: what was written till then holds one, or is seen by the next statement.
    const [found] = await rowsOf<{ until: Instant; hidden: number }>(
      work,
      `select ${instantSql('least(now(), min(a.xact_start))', 'until')},
         count(*) filter (where a.xact_start is null)::int as hidden
       from pg_locks l left join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'relation' and l.relation = $1::regclass and l.mode = 'RowExclusiveLock'
         and l.database = (select oid from pg_database where datname = current_database())`,
      [table],
    );
    if (found?.hidden === 0) return found.until;
    if (performance.now() > end)
      throw new EsmsError('database_away', `a transaction that writes ${table} does not end`);
    await setTimeout(INTERVAL_MS);
  }
}
