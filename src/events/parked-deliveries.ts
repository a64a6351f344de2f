import { Injectable } from '@nestjs/common';
import { changeAtSql, hasDerivedIdSql, idSql, typeAtSql } from '../database/change-sql.js';
import { Database } from '../database/database.js';
import { type Page, type PageRequest, pageOf } from '../database/page.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import type { EventType } from '../domain/domain-event.js';

/** A delivery that had all its attempts; it holds up the later events of its message for its subscriber. */
export interface ParkedDelivery {
  eventId: string;
  type: EventType;
  account: string;
  /** The SMSID; of `receipt.quarantined` the quarantine item's id. */
  subject: string;
  /** null for an event that belongs to no message. */
  sequence: number | null;
  attempts: number;
  parkedAt: Instant;
  /** What the last attempt failed with. */
  error: string;
}

/** Which parked deliveries of a subscriber; null means any. */
export interface ParkedFilter {
  account: string | null;
  eventId: string | null;
}

/** The deliveries that were given up, until somebody decides about them. */
@Injectable()
export class ParkedDeliveries {
  constructor(private readonly database: Database) {}

  /** One page of them, in the order of the outbox. */
  async page(subscriber: string, account: string | null, { limit, after }: PageRequest): Promise<Page<ParkedDelivery>> {
    const { deliveries, changes } = this.database.tables;
    const rows = await rowsOf<ParkedDelivery & { position: string }>(
      this.database,
      `select ${idSql('c', 'd')} as "eventId", ${typeAtSql('c', 'd.position')} as type, d.account, d.subject, nullif(d.sequence, 0)::int as sequence, d.attempts,
         ${instantSql('d.parked_at', '"parkedAt"')}, coalesce(d.last_error, '') as error, d.position::text as position
       from ${deliveries} d
       join ${changes} c on c.position = ${changeAtSql('d.position')}
       where d.subscriber = $1 and d.parked_at is not null and d.account = coalesce($2, d.account)
         and d.position > coalesce($3::bigint, 0)
       order by d.position limit $4`,
      [subscriber, account, after?.[0] ?? null, limit + 1],
    );
    const { items, nextCursor } = pageOf(rows, limit, ({ position }) => [position]);
    return { items: items.map(({ position: _position, ...item }) => item), nextCursor };
  }

  /** Gives them all their attempts again. Gives how many. */
  requeue(subscriber: string, filter: ParkedFilter): Promise<number> {
    return this.#change(subscriber, filter, 'parked_at = null, attempts = 0, due_at = now()');
  }

  /** Counts them as done, so that the later events of their messages follow. Gives how many. */
  skip(subscriber: string, filter: ParkedFilter): Promise<number> {
    return this.#change(subscriber, filter, 'parked_at = null, settled_at = now()');
  }

  async #change(subscriber: string, { account, eventId }: ParkedFilter, change: string): Promise<number> {
    const { deliveries, changes } = this.database.tables;
    const [row] = await rowsOf<{ count: number }>(
      this.database,
      `with changed as (
         update ${deliveries} d set ${change}
         where d.subscriber = $1 and d.parked_at is not null
           and d.account = coalesce($2, d.account)
           and ($3::uuid is null or case when d.sequence > 0
             then ${hasDerivedIdSql('$3::uuid', 'd.account', 'd.subject', 'd.sequence')}
             else $3::uuid = (select c.id from ${changes} c where c.position = d.position) end)
         returning 1)
       select count(*)::int as count from changed`,
      [subscriber, account, eventId],
    );
    return row?.count ?? 0;
  }
}
