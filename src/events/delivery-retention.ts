import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/sql-runner.js';
import { DispatchPool } from './dispatch-pool.js';

const BATCH = 2_000;

/** Removes the rows of finished deliveries when their time is over; the events they are of stay. */
@Injectable()
export class DeliveryRetention {
  readonly #sweep: string;

  constructor(
    { tables: { deliveries } }: Database,
    private readonly pool: DispatchPool,
  ) {
    this.#sweep = `
      with removed as (
        delete from ${deliveries} where ctid = any(array(
          select ctid from ${deliveries} where settled_at < now() - $1 * interval '1 day'
          order by settled_at limit ${BATCH} for update skip locked))
        returning 1)
      select count(*)::int as count from removed`;
  }

  /** Removes what is older than `days`, batch by batch, until nothing is or `signal` is aborted. Gives how many. */
  async sweep(days: number, signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (let batch = BATCH; batch === BATCH && !signal.aborted; removed += batch) {
      const [row] = await this.pool.transaction((runner) => rowsOf<{ count: number }>(runner, this.#sweep, [days]));
      batch = row?.count ?? 0;
    }
    return removed;
  }
}
