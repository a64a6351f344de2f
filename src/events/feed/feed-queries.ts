import { Injectable } from '@nestjs/common';
import { changeAtSql, eachEventSql, endOfChangeSql, indexAtSql, reachingSql } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import { cursorGone } from '../../database/page.js';
import { instantSql, rowsOf } from '../../database/sql-runner.js';
import type { EsmsEvent, EventType } from '../../domain/domain-event.js';
import { type EventRow, eventOfRow } from '../event-row.js';

/** How many events of the outbox one statement looks at, whomever they belong to. */
const WINDOW = 2_000;

/** Which events are wanted. */
export interface FeedFilter {
  account: string;
  types: readonly EventType[];
  /** null: of any. */
  subject: string | null;
}

/** A place in the log: the position of an event, and a mark of the event that was there. */
export interface FeedPlace {
  position: bigint;
  /** After a restore to an earlier time another event may have the position. */
  mark: string;
}

/** Before the first event. */
export const BEGINNING: FeedPlace = { position: 0n, mark: '' };

/** A part of the outbox that was looked through. */
export interface FeedStretch {
  events: EsmsEvent[];
  /** Every wanted event up to here was given. */
  end: bigint;
}

/** Reads the outbox in its own order. */
@Injectable()
export class FeedQueries {
  readonly #ofAccount: string;
  readonly #ofSubject: string;
  readonly #mark: string;

  constructor(private readonly database: Database) {
    const { changes } = database.tables;
    const read = (isOfSubject: boolean): string => `
      with log as materialized (
        select account, subject, sequence, types, position from ${changes}
        where position >= ${reachingSql('$1::bigint')} and position <= $2::bigint
          ${isOfSubject ? 'and account = $3 and subject = $6' : ''}
        order by position limit ${WINDOW}
      ), seen as (
        select case when count(*) = ${WINDOW} then ${endOfChangeSql('max(position)')} else $2::bigint end::text as "end"
        from log
      ), found as (
        select e.position from log ${eachEventSql('log')}
        where log.account = $3 and e.type = any($4::text[]) and e.position > $1::bigint
        order by e.position limit $5
      )
      select seen."end", found.position::text as position, c.account, c.subject, c.id, c.sequence,
        ${indexAtSql('found.position')} as index, array_to_string(c.types, ',') as types,
        ${instantSql('c.occurred_at', 'time')}, c.facts, c.view
      from seen left join (found join ${changes} c on c.position = ${changeAtSql('found.position')}) on true
      order by found.position`;
    this.#ofAccount = read(false);
    this.#ofSubject = read(true);
    this.#mark = `
      select left(md5(concat_ws(' ', account, subject, sequence, id, extract(epoch from recorded_at))), 12) as mark
      from ${changes} where position = ${changeAtSql('$1::bigint')}`;
  }

  /** The place of an event. Throws `cursor_gone` where there is none. */
  async placeAt(position: bigint): Promise<FeedPlace> {
    if (position === BEGINNING.position) return BEGINNING;
    const [found] = await rowsOf<{ mark: string }>(this.database, this.#mark, [String(position)]);
    if (found === undefined) throw cursorGone();
    return { position, mark: found.mark };
  }

  /** The first wanted events after one position and up to another, of as much of the outbox as is looked at in one go. */
  async read(
    after: bigint,
    upTo: bigint,
    { account, types, subject }: FeedFilter,
    limit: number,
  ): Promise<FeedStretch> {
    const parameters = [String(after), String(upTo), account, types, limit];
    const rows = await rowsOf<EventRow & { end: string; position: string | null }>(
      this.database,
      subject === null ? this.#ofAccount : this.#ofSubject,
      subject === null ? parameters : [...parameters, subject],
    );
    const found = rows.filter(({ position }) => position !== null);
    const last = found.length === limit ? found.at(-1)?.position : rows[0]?.end;
    const events = found.map(({ end: _end, position: _position, ...row }) => eventOfRow(row));
    return { events, end: BigInt(last ?? upTo) };
  }
}
