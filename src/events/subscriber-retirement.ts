import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { FanOut } from './log/fan-out.js';

const BATCH = 5_000;

/** Removes retired subscribers with all their deliveries; what one process began, any other may finish. */
@Injectable()
export class SubscriberRetirement {
  constructor(
    private readonly database: Database,
    private readonly fanOut: FanOut,
  ) {}

  /** Removes the subscriber of this name if it is retired; all that are, without a name. */
  async finish(name: string | null = null): Promise<void> {
    const { subscribers } = this.database.tables;
    const retired = await rowsOf<{ name: string }>(
      this.database.work,
      `select name from ${subscribers} where retired_at is not null and name = coalesce($1, name)`,
      [name],
    );
    if (retired.length === 0) return;
    await this.fanOut.settled();
    for (const each of retired) await this.#remove(each.name);
  }

  async #remove(name: string): Promise<void> {
    let hasMore = true;
    while (hasMore) hasMore = await this.database.work.transaction((runner) => this.#removeSome(runner, name));
  }

  /**
   * Whether there is more. Each batch is under the lock of its row: what another process has removed meanwhile may have
   * been enrolled again, and is another one then.
   */
  async #removeSome(runner: SqlRunner, name: string): Promise<boolean> {
    const { subscribers, subscriber_hosts: hosts, deliveries, cursors } = this.database.tables;
    const retired = await rowsOf(
      runner,
      `select from ${subscribers} where name = $1 and retired_at is not null for update`,
      [name],
    );
    if (retired.length === 0) return false;
    const [removed] = await rowsOf<{ count: number }>(
      runner,
      `with removed as (
         delete from ${deliveries} where ctid = any(array(
           select ctid from ${deliveries} where subscriber = $1 limit ${BATCH} for update))
         returning 1)
       select count(*)::int as count from removed`,
      [name],
    );
    // Until nothing is left: of a batch, what was marked meanwhile is locked, but not removed.
    if (removed !== undefined && removed.count > 0) return true;
    await runner.query(`delete from ${cursors} where subscriber = $1`, [name]);
    await runner.query(`delete from ${hosts} where subscriber = $1`, [name]);
    await runner.query(`delete from ${subscribers} where name = $1`, [name]);
    return false;
  }
}
