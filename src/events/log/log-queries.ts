import { Injectable } from '@nestjs/common';
import { reachingSql } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import { encodeArray } from '../../database/encode-array.js';
import { instantSql, rowsOf } from '../../database/sql-runner.js';
import type { EventType } from '../../domain/domain-event.js';
import { DispatchPool } from '../dispatch-pool.js';
import { WRITERS_SQL } from '../writers-finished.js';
import { entriesOf, type LogRow } from './log-entry.js';
import type { LogRead } from './log-page.js';
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
    const { changes } = database.tables;
    const read = (rows: string): string => `
      select c.position, c.account, c.subject, c.id, c.sequence, array_to_string(c.types, ',') as types,
        ${instantSql('c.occurred_at', 'time')},
        case when c.types && $1::text[] then c.facts end as facts,
        case when c.types && $1::text[] then c.view end as view,
        case when c.types && $1::text[] then c.recipient end as recipient
      from (${rows}) c
      order by c.position`;
    const within = (lo: string, hi: string): string => `
      from ${changes} where position between ${reachingSql(lo)} and ${hi} order by position limit $2::bigint`;
    this.#readOne = read(`select * ${within('$3::bigint', '$4::bigint')}`);
    // Keys first: what is sorted is small.
    this.#readMany = read(`
      select whole.* from (
        select distinct key.position from unnest($3::bigint[], $4::bigint[]) wanted(lo, hi)
        cross join lateral (select position ${within('wanted.lo', 'wanted.hi')}) key
        order by key.position limit $2::bigint) keys
      join ${changes} whole on whole.position = keys.position`);
    this.#next = `select min(position)::text as position from ${changes} where position > $1::bigint`;
  }

  /**
   * The first `limit` changes that have something in ranges that are in order, in the order of their positions.
   * @param contents the types of which more than the key is wanted
   */
  async read(ranges: readonly Range[], limit: number, contents: readonly EventType[]): Promise<LogRead> {
    const [first, ...others] = ranges;
    if (first === undefined) return { entries: [], hasMore: false };
    const bounds =
      others.length === 0
        ? [String(first.lo), String(first.hi)]
        : [ranges.map(({ lo }) => lo), ranges.map(({ hi }) => hi)].map((each) => encodeArray('bigint', each));
    const sql = others.length === 0 ? this.#readOne : this.#readMany;
    const parameters = [contents, limit, ...bounds];
    const rows = await this.pool.transaction((runner) => rowsOf<LogRow>(runner, sql, parameters));
    return { entries: rows.flatMap(entriesOf), hasMore: rows.length === limit };
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
    const parameters = [this.database.tables.changes];
    const rows = await this.pool.transaction((runner) => rowsOf<{ writer: string }>(runner, WRITERS_SQL, parameters));
    return new Set(rows.map(({ writer }) => writer));
  }
}
