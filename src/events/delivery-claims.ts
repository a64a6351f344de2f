import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { EsmsEvent, EventType } from '../domain/domain-event.js';
import { GIVEN_SQL, IS_HELD_SQL, keysOf } from './delivery-keys.js';
import { DispatchPool } from './dispatch-pool.js';
import { type EventRow, eventOfRow } from './event-row.js';

/** One event for one subscriber, held under a lease. */
export interface ClaimedDelivery {
  event: EsmsEvent;
  attempts: number;
}

/** What a handler has room for. */
export interface ClaimRequest {
  subscriber: string;
  types: readonly EventType[];
  limit: number;
  /** Only what was never tried. */
  freshOnly: boolean;
  lease: string;
  leaseMs: number;
}

/** Deliveries that are held. */
export interface HeldDeliveries {
  subscriber: string;
  lease: string;
  events: readonly EsmsEvent[];
}

/** Takes deliveries under a lease and gives them back; each statement that gives back repeats the lease. */
@Injectable()
export class DeliveryClaims {
  readonly #claim: string;
  readonly #putOff: string;
  readonly #release: string;

  constructor(
    private readonly pool: DispatchPool,
    { tables: { deliveries, events, subscribers } }: Database,
  ) {
    // The one before says almost always, and at once, that a delivery must wait; only the few others ask about all before.
    this.#claim = `
      with due as (
        select d.account, d.subject, d.subscriber, d.sequence
        from ${deliveries} d
        join ${events} e on e.account = d.account and e.subject = d.subject and e.sequence = d.sequence
        where d.subscriber = $1 and d.settled_at is null and d.parked_at is null
          and d.due_at <= now() and (d.leased_until is null or d.leased_until <= now())
          and ($6 or d.attempts = 0) and e.type = any($5::text[])
          and exists (select from ${subscribers} s where s.name = $1 and not s.paused and s.replay_after is null)
          and coalesce((
            select previous.settled_at is not null from ${deliveries} previous
            where previous.account = d.account and previous.subject = d.subject
              and previous.subscriber = d.subscriber and previous.sequence < d.sequence
            order by previous.sequence desc limit 1), true)
          and not exists (
            select from ${deliveries} earlier
            where earlier.account = d.account and earlier.subject = d.subject and earlier.subscriber = d.subscriber
              and earlier.sequence < d.sequence and earlier.settled_at is null)
        order by d.position limit $2
        for update of d skip locked
      ), claimed as (
        update ${deliveries} d
        set attempts = d.attempts + 1, lease = $3, leased_until = now() + $4 * interval '1 millisecond'
        from due
        where d.account = due.account and d.subject = due.subject and d.subscriber = due.subscriber
          and d.sequence = due.sequence
        returning d.account, d.subject, d.sequence, d.attempts, d.position
      )
      select e.account, e.subject, e.id, e.sequence, e.type, ${instantSql('e.occurred_at', 'time')}, e.data,
        coalesce(e.view, holder.view) as view, coalesce(e.recipient, holder.recipient) as recipient, claimed.attempts
      from claimed
      join ${events} e on e.account = claimed.account and e.subject = claimed.subject and e.sequence = claimed.sequence
      left join ${events} holder
        on holder.account = e.account and holder.subject = e.subject and holder.sequence = e.view_of
      order by claimed.position`;
    // What is locked is being completed in a transaction that outlived its time: whichever way it ends, it is not ours.
    const held = `
      held as (
        select d.account, d.subject, d.subscriber, d.sequence from ${deliveries} d, ${GIVEN_SQL}
        where ${IS_HELD_SQL} for update of d skip locked)`;
    const isHeld = `
        d.account = held.account and d.subject = held.subject and d.subscriber = held.subscriber
        and d.sequence = held.sequence`;
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

  /** Takes up to `limit` due deliveries, at most one of each message: the oldest that is not done. */
  async claim(request: ClaimRequest): Promise<ClaimedDelivery[]> {
    const { subscriber, types, limit, freshOnly, lease, leaseMs } = request;
    const rows = await this.pool.transaction((runner) =>
      rowsOf<EventRow & { attempts: number }>(runner, this.#claim, [
        subscriber,
        limit,
        lease,
        leaseMs,
        types,
        !freshOnly,
      ]),
    );
    return rows.map(({ attempts, ...row }) => ({ attempts, event: eventOfRow(row) }));
  }

  /** Puts deliveries off after a failure; parks those that have had their attempts. */
  async putOff(
    { subscriber, lease, events }: HeldDeliveries,
    { error, waitMs, maxAttempts }: { error: string; waitMs: number; maxAttempts: number },
  ): Promise<void> {
    const parameters = [keysOf(events), subscriber, lease, error, waitMs, maxAttempts];
    await this.pool.transaction((runner) => runner.query(this.#putOff, parameters));
  }

  /** Gives back what no handler was called with: the claim was no attempt. */
  async release({ subscriber, lease, events }: HeldDeliveries): Promise<void> {
    await this.pool.transaction((runner) => runner.query(this.#release, [keysOf(events), subscriber, lease]));
  }
}
