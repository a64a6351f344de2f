import { Injectable } from '@nestjs/common';
import { newestSql } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import { isAway } from '../../database/is-away.js';
import { RowSet } from '../../database/row-set.js';
import { rowsOf, type SqlRunner } from '../../database/sql-runner.js';
import { EVENT_TYPES } from '../../domain/domain-event.js';
import { DispatchPool } from '../dispatch-pool.js';
import type { Tables } from '../../database/tables.js';
import { OutageError } from '../outage.js';
import { patternsSql } from '../subscriber.js';
import { isLeaseLost } from './cursor-table.js';
import { EventHorizon } from './event-horizon.js';
import type { LogEntry } from './log-entry.js';
import type { ReaderTask } from './reader-batch.js';

/** Its cursor; no handler can have a name with a colon. */
export const FAN_OUT = 'esms:fan-out';

/**
 * SQL that keeps the fan-out from passing over events until the caller's transaction ends: for who adds a subscriber that
 * begins with the newest event.
 */
export const holdFanOutSql = ({ cursors }: Pick<Tables, 'cursors'>): string =>
  `select from ${cursors} where subscriber = '${FAN_OUT}' for key share`;

const ROWS = new RowSet({ account: 'text', subject: 'text', sequence: 'bigint', position: 'bigint', type: 'text' });

/**
 * Makes the deliveries for all who do not read the log themselves: handlers, relays and webhooks. One reader does it,
 * off the way of callbacks.
 */
@Injectable()
export class FanOut {
  readonly #make: string;
  readonly #lock: string;
  readonly #isNeeded: string;
  readonly #passOver: string;

  constructor(
    { tables: { deliveries, subscribers, cursors, changes } }: Database,
    private readonly pool: DispatchPool,
    private readonly horizon: EventHorizon,
  ) {
    const audience = `select from ${subscribers} s where not exists (select from ${cursors} c where c.subscriber = s.name)`;
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
    this.#isNeeded = `select exists (${audience}) as "isNeeded"`;
    this.#passOver = `
      update ${cursors} c set position = least($2::bigint, ${newestSql(changes)}), gaps = '{}'
      where c.subscriber = $1 and (c.leased_until is null or c.leased_until <= now())
        and c.position < least($2::bigint, ${newestSql(changes)}) and not exists (${audience})`;
  }

  /** @param made called when there are new deliveries */
  task(made: () => void): ReaderTask {
    return {
      subscriber: FAN_OUT,
      types: EVENT_TYPES,
      deliver: async (entries, complete) => {
        if ((await this.#deliver(entries, complete)) > 0) made();
      },
      rests: () => this.#rests(),
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
   * Where there is nobody to make deliveries for, its cursor follows the log without a read: reading costs a fifth of what
   * storing a callback does. It passes over what is behind the horizon, since nothing can show up there any more.
   */
  async #rests(): Promise<boolean> {
    const [found] = await this.pool.transaction((runner) => rowsOf<{ isNeeded: boolean }>(runner, this.#isNeeded));
    if (found?.isNeeded !== false) return false;
    const { position } = this.horizon;
    await this.pool.transaction(async (runner) => {
      // First its row, so that the next statement sees every subscriber that was added until then.
      const locked = await rowsOf(runner, `${this.#lock} skip locked`, [FAN_OUT]);
      if (locked.length > 0) await runner.query(this.#passOver, [FAN_OUT, String(position)]);
    });
    // For the next time: it waits for those who write now, be it for long.
    void this.horizon.advance().catch(() => undefined);
    return true;
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
