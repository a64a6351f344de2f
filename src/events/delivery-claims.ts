import { Injectable } from '@nestjs/common';
import { changeAtSql, indexAtSql, typeAtSql } from '../database/change-sql.js';
import { Database } from '../database/database.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { EsmsEvent, EventType } from '../domain/domain-event.js';
import { IS_HELD_SQL, positionsOf } from './delivery-keys.js';
import { DispatchPool } from './dispatch-pool.js';
import { type EventRow, eventOfRow } from './event-row.js';

/** How many deliveries one claim looks at, claimable or not: far less than its time-out allows. */
const LONGEST_LOOK = 10_000;

/** One event for one subscriber, held under a lease. */
export interface ClaimedDelivery {
  /** The event's place in the outbox: 64 bits, as text. */
  position: string;
  event: EsmsEvent;
  attempts: number;
}

/** What one claim took, and how far it looked. */
export interface Claim {
  deliveries: readonly ClaimedDelivery[];
  /** The position it looked up to, where it took less than it might and more is there; else null. */
  reached: string | null;
}

/** A row of a claim; one that took nothing is one row all the same. */
type ClaimRow = { reached: string | null } & ((EventRow & Omit<ClaimedDelivery, 'event'>) | { subject: null });

/** What a handler has room for. */
export interface ClaimRequest {
  subscriber: string;
  types: readonly EventType[];
  limit: number;
  /** Only what was never tried. */
  freshOnly: boolean;
  lease: string;
  leaseMs: number;
  /** The position behind which it looks: 64 bits, as text. */
  after: string;
}

/** Deliveries that are held. */
export interface HeldDeliveries {
  subscriber: string;
  lease: string;
  deliveries: readonly ClaimedDelivery[];
}

/** Takes deliveries under a lease and gives them back; each statement that gives back repeats the lease. */
@Injectable()
export class DeliveryClaims {
  readonly #claim: string;
  readonly #putOff: string;
  readonly #release: string;

  constructor(
    private readonly pool: DispatchPool,
    { tables: { deliveries, changes, subscribers } }: Database,
  ) {
    const isDue = (delivery: string): string => `
      ${delivery}.due_at <= now() and (${delivery}.leased_until is null or ${delivery}.leased_until <= now()) and ($6 or ${delivery}.attempts = 0)`;
    const longestLook = `greatest(${LONGEST_LOOK}, 2 * $2::bigint)`;
    // A table expression is read as far as somebody asks for its rows. What is due is asked twice: ahead, before the
    // costly questions, and of the row as it is once it is locked. Whether an earlier one of the message is open is a
    // question of each row (`not exists` may become one list of all that is open).
    this.#claim = `
      with ahead as materialized (
        select d.ctid as place, d.position, d.due_at, d.leased_until, d.attempts
        from ${deliveries} d
        where d.subscriber = $1 and d.settled_at is null and d.parked_at is null and d.position > $7::bigint
          and exists (select from ${subscribers} s where s.name = $1 and not s.paused and s.replay_after is null)
        order by d.position limit ${longestLook}
      ), due as (
        select d.ctid as place, d.position, c.account, c.subject, c.id, c.sequence, c.types, c.occurred_at, c.facts, c.view,
          c.recipient
        from ahead
        join ${deliveries} d on d.ctid = ahead.place
        join ${changes} c on c.position = ${changeAtSql('d.position')}
        where ${isDue('ahead')} and ${isDue('d')} and d.settled_at is null and d.parked_at is null and ${typeAtSql('c', 'd.position')} = any($5::text[])
          and (d.sequence <= 1 or coalesce((
            select false from ${deliveries} earlier
            where earlier.account = d.account and earlier.subject = d.subject and earlier.subscriber = d.subscriber
              and earlier.sequence < d.sequence and earlier.settled_at is null
            limit 1), true))
        limit $2
        for update of d skip locked
      ), claimed as (
        update ${deliveries} d
        set attempts = d.attempts + 1, lease = $3, leased_until = now() + $4 * interval '1 millisecond'
        from due where d.ctid = due.place
        returning due.*, d.attempts
      ), look as (
        select case when (select count(*) from claimed) < $2
          then (select position from ahead offset ${longestLook} - 1) end as reached
      )
      select claimed.account, claimed.subject, claimed.id, claimed.sequence, ${indexAtSql('claimed.position')} as index,
        array_to_string(claimed.types, ',') as types, ${instantSql('claimed.occurred_at', 'time')}, claimed.facts,
        claimed.view, claimed.recipient, claimed.position, claimed.attempts, look.reached
      from look
      left join claimed on true
      order by claimed.position`;
    // What is locked is being completed in a transaction that outlived its time: whichever way it ends, it is not ours.
    const held = `
      held as (
        select d.subscriber, d.position from ${deliveries} d where ${IS_HELD_SQL} for update of d skip locked)`;
    const isHeld = 'd.subscriber = held.subscriber and d.position = held.position';
    this.#putOff = `
      with ${held} update ${deliveries} d
      set lease = null, leased_until = null, last_error = $4,
        due_at = now() + $5 * interval '1 millisecond',
        parked_at = case when d.attempts >= $6 then now() end
      from held where ${isHeld}`;
    this.#release = `
      with ${held} update ${deliveries} d set lease = null, leased_until = null, attempts = d.attempts - 1
      from held where ${isHeld}`;
  }

  /** Takes up to `limit` due deliveries, at most one of each message: the oldest that is not done. Null: none was made. */
  async claim(request: ClaimRequest): Promise<Claim | null> {
    const { subscriber, types, limit, freshOnly, lease, leaseMs, after } = request;
    const parameters = [subscriber, limit, lease, leaseMs, types, !freshOnly, after];
    const rows = await this.pool.transaction((runner) => rowsOf<ClaimRow>(runner, this.#claim, parameters));
    return { deliveries: rows.flatMap(deliveryOf), reached: rows[0]?.reached ?? null };
  }

  /** Puts deliveries off after a failure; parks those that have had their attempts. */
  async putOff(
    { subscriber, lease, deliveries }: HeldDeliveries,
    { error, waitMs, maxAttempts }: { error: string; waitMs: number; maxAttempts: number },
  ): Promise<void> {
    const parameters = [positionsOf(deliveries), subscriber, lease, error, waitMs, maxAttempts];
    await this.pool.transaction((runner) => runner.query(this.#putOff, parameters));
  }

  /** Gives back what no handler was called with: the claim was no attempt. */
  async release({ subscriber, lease, deliveries }: HeldDeliveries): Promise<void> {
    const parameters = [positionsOf(deliveries), subscriber, lease];
    await this.pool.transaction((runner) => runner.query(this.#release, parameters));
  }
}

function deliveryOf({ reached: _, ...row }: ClaimRow): ClaimedDelivery[] {
  if (row.subject === null) return [];
  const { position, attempts, ...event } = row;
  return [{ position, attempts, event: eventOfRow(event) }];
}
