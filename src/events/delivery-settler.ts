import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import { rowsOf } from '../database/sql-runner.js';
import { CountedLine } from '../telemetry/counted-line.js';
import type { HeldDeliveries } from './delivery-claims.js';
import { DispatchPool } from './dispatch-pool.js';

const MOST_AT_ONCE = 500;

const ROWS = new RowSet({ subscriber: 'text', position: 'bigint', lease: 'uuid' });

type HeldRow = Parameters<typeof ROWS.parameters>[0][number];

interface Waiting {
  held: HeldDeliveries;
  done: () => void;
}

/**
 * Marks what handlers finished without marking it themselves. What finishes while one statement is under way shares the
 * next one. Where it cannot be marked, its lease ends and it is delivered once more.
 */
@Injectable()
export class DeliverySettler {
  readonly #logger = new Logger('EsmsDispatcher');
  readonly #late = new CountedLine((line) => this.#logger.warn(line));
  readonly #settle: string;
  readonly #waiting: Waiting[] = [];
  #isFlushing = false;

  constructor(
    private readonly database: Database,
    private readonly pool: DispatchPool,
  ) {
    const { deliveries } = database.tables;
    this.#settle = `
      with settled as (
        update ${deliveries} d set settled_at = now(), lease = null, leased_until = null
        from ${ROWS.sql}
        where d.subscriber = given.subscriber and d.position = given.position and d.lease = given.lease
        returning 1)
      select count(*)::int as count from settled`;
  }

  /** Ends when they are marked, or cannot be. */
  settle(held: HeldDeliveries): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ held, done });
      if (!this.#isFlushing) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      await this.#mark(batch.flatMap(({ held }) => rowsOfHeld(held)));
      for (const { done } of batch) done();
    }
    this.#isFlushing = false;
  }

  async #mark(rows: readonly HeldRow[]): Promise<void> {
    await this.database.background.attempt('marking finished deliveries, which come again', async () => {
      const parameters = ROWS.parameters(rows);
      const [row] = await this.pool.transaction((runner) =>
        rowsOf<{ count: number }>(runner, this.#settle, parameters),
      );
      const lost = rows.length - (row?.count ?? 0);
      if (lost > 0) this.#late.note(`${lost} deliveries were finished after their lease had ended, and come again`);
    });
  }
}

const rowsOfHeld = ({ subscriber, lease, deliveries }: HeldDeliveries): HeldRow[] =>
  deliveries.map(({ position }) => ({ subscriber, position: Number(position), lease }));
