import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { isAway } from '../../database/is-away.js';
import { RowSet } from '../../database/row-set.js';
import { rowsOf, type SqlRunner } from '../../database/sql-runner.js';
import { EVENT_TYPES } from '../../domain/domain-event.js';
import { DispatchPool } from '../dispatch-pool.js';
import { OutageError } from '../outage.js';
import { patternsSql } from '../subscriber.js';
import { isLeaseLost } from './cursor-table.js';
import type { LogEntry } from './log-entry.js';
import type { ReaderTask } from './reader-batch.js';

/** Its cursor; no handler can have a name with a colon. */
export const FAN_OUT = 'esms:fan-out';

const ROWS = new RowSet({ account: 'text', subject: 'text', sequence: 'bigint', position: 'bigint', type: 'text' });

/**
 * Makes the deliveries for all who do not read the log themselves: handlers, relays and webhooks. One reader does it,
 * off the way of callbacks.
 */
@Injectable()
export class FanOut {
  readonly #make: string;
  readonly #lock: string;

  constructor(
    { tables: { deliveries, subscribers, cursors } }: Database,
    private readonly pool: DispatchPool,
  ) {
    this.#make = `
      with made as (
        insert into ${deliveries} (account, subject, subscriber, sequence, position)
        select given.account, given.subject, s.name, given.sequence, given.position
        from ${ROWS.sql} join ${subscribers} s
          on s.patterns && ${patternsSql('given.type')} and (s.account is null or s.account = given.account)
            and given.position > s.starts_after
        where not exists (select from ${cursors} c where c.subscriber = s.name)
        order by given.position
        on conflict (subscriber, position) do nothing
        returning 1)
      select count(*)::int as count from made`;
    this.#lock = `select from ${cursors} where subscriber = $1 for update`;
  }

  /** @param made called when there are new deliveries */
  task(made: () => void): ReaderTask {
    return {
      subscriber: FAN_OUT,
      types: EVENT_TYPES,
      deliver: async (entries, complete) => {
        if ((await this.#deliver(entries, complete)) > 0) made();
      },
    };
  }

  /**
   * Resolves when every delivery is there that may have been made from the table of subscribers as it was before this
   * call. Whatever is made after it is made from the table as it is now.
   */
  async settled(): Promise<void> {
    await this.pool.transaction((runner) => runner.query(this.#lock, [FAN_OUT]));
  }

  /**
   * First the cursor, which locks its row: see {@link settled}. No event is to blame for an error, since nothing of it
   * but its key is written.
   */
  async #deliver(entries: readonly LogEntry[], complete: (runner: SqlRunner) => Promise<void>): Promise<number> {
    try {
      return await this.pool.transaction(async (runner) => {
        await complete(runner);
        const [row] = await rowsOf<{ count: number }>(runner, this.#make, ROWS.parameters(entries));
        return row?.count ?? 0;
      });
    } catch (error) {
      throw isLeaseLost(error)
        ? error
        : new OutageError((error as Error).message, { cause: error, isTold: isAway(error) });
    }
  }
}
