import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { encodeArray } from '../../database/encode-array.js';
import { instantSql, rowsOf } from '../../database/sql-runner.js';
import type { EventType } from '../../domain/domain-event.js';
import { DispatchPool } from '../dispatch-pool.js';
import { WRITERS_SQL } from '../writers-finished.js';
import { LogEntry, type LogRow } from './log-entry.js';
import type { Range } from './positions.js';

/** Reads the event log by position. Every read is bounded on both sides and in its number of rows. */
@Injectable()
export class LogQueries {
  readonly #readOne: string;
  readonly #readMany: string;
  readonly #next: string;

  constructor(
    private readonly pool: DispatchPool,
    private readonly database: Database,
  ) {
    const { events } = database.tables;
    const read = (positions: string): string => `
      select e.position, e.account, e.subject, e.id, e.sequence, e.type, ${instantSql('e.occurred_at', 'time')},
        case when e.type = any($1::text[]) then e.data::text end as data,
        case when e.type = any($1::text[]) then coalesce(e.view, holder.view)::text end as view,
        case when e.type = any($1::text[]) then coalesce(e.recipient, holder.recipient)::text end as recipient
      from (${positions}) e
      left join ${events} holder on e.type = any($1::text[])
        and holder.account = e.account and holder.subject = e.subject and holder.sequence = e.view_of
      order by e.position`;
    this.#readOne = read(
      `select * from ${events} where position between $3::bigint and $4::bigint order by position limit $2::bigint`,
    );
    // Keys first: what is sorted is small.
    this.#readMany = read(`
      select whole.* from (
        select key.position from unnest($3::bigint[], $4::bigint[]) wanted(lo, hi)
        cross join lateral (
          select position from ${events} where position between wanted.lo and wanted.hi
          order by position limit $2::bigint) key
        order by key.position limit $2::bigint) keys
      join ${events} whole on whole.position = keys.position`);
    this.#next = `select min(position)::text as position from ${events} where position > $1::bigint`;
  }

  /**
   * The first `limit` events in ranges that are in order, in the order of their positions.
   * @param contents the types of which more than the key is wanted
   */
  async read(ranges: readonly Range[], limit: number, contents: readonly EventType[]): Promise<LogEntry[]> {
    const [first, ...others] = ranges;
    if (first === undefined) return [];
    const bounds =
      others.length === 0
        ? [String(first.lo), String(first.hi)]
        : [ranges.map(({ lo }) => lo), ranges.map(({ hi }) => hi)].map((each) => encodeArray('bigint', each));
    const sql = others.length === 0 ? this.#readOne : this.#readMany;
    const parameters = [contents, limit, ...bounds];
    const rows = await this.pool.transaction((runner) => rowsOf<LogRow>(runner, sql, parameters));
    return rows.map((row) => new LogEntry(row));
  }

  /** The first position behind another one that has an event; null where none has. */
  async next(after: number): Promise<number | null> {
    const parameters = [String(after)];
    const [row] = await this.pool.transaction((runner) =>
      rowsOf<{ position: string | null }>(runner, this.#next, parameters),
    );
    return row?.position == null ? null : Number(row.position);
  }

  /** The transactions that write events now, by names that none of them shares with a later one. */
  async writers(): Promise<Set<string>> {
    const parameters = [this.database.tables.events];
    const rows = await this.pool.transaction((runner) => rowsOf<{ writer: string }>(runner, WRITERS_SQL, parameters));
    return new Set(rows.map(({ writer }) => writer));
  }
}
