import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { EsmsError } from '../domain/errors.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { type EventRow, eventOfRow } from './event-row.js';

/** One event for one subscriber, held under a lease. */
export interface ClaimedDelivery {
  event: EsmsEvent;
  attempts: number;
}

/** The one owner of the deliveries' state: claim, settle, put off, park. Each repeats the lease in its `where`. */
@Injectable()
export class DeliveryClaims {
  readonly #claim: string;
  readonly #settle: string;
  readonly #putOff: string;

  constructor({ tables: { deliveries, events } }: Database) {
    this.#claim = `
      with due as (
        select d.account, d.subject, d.subscriber, d.sequence
        from ${deliveries} d
        where d.subscriber = $1 and d.settled_at is null and d.parked_at is null
          and d.due_at <= now() and (d.leased_until is null or d.leased_until <= now())
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
    const held = `
        d.account = given.account and d.subject = given.subject and d.subscriber = $2
        and d.sequence = given.sequence and d.lease = $3 and d.settled_at is null`;
    const given = `json_to_recordset($1::json) as given(account text, subject text, sequence bigint)`;
    this.#settle = `
      with settled as (
        update ${deliveries} d set settled_at = now(), lease = null, leased_until = null
        from ${given} where ${held} returning 1)
      select count(*)::int as count from settled`;
    this.#putOff = `
      update ${deliveries} d
      set lease = null, leased_until = null, last_error = $4,
        due_at = now() + $5 * interval '1 millisecond',
        parked_at = case when d.attempts >= $6 then now() end
      from ${given} where ${held}`;
  }

  /** Takes up to `limit` due deliveries of a subscriber, at most one of each message: the oldest that is not done. */
  async claim(
    runner: SqlRunner,
    { subscriber, limit, lease, leaseMs }: { subscriber: string; limit: number; lease: string; leaseMs: number },
  ): Promise<ClaimedDelivery[]> {
    const rows = await rowsOf<EventRow & { attempts: number }>(runner, this.#claim, [
      subscriber,
      limit,
      lease,
      leaseMs,
    ]);
    return rows.map(({ attempts, ...row }) => ({ attempts, event: eventOfRow(row) }));
  }

  /** Marks deliveries done. Throws `lease_lost` unless every one of them is still held under the lease. */
  async settle(runner: SqlRunner, subscriber: string, lease: string, events: readonly EsmsEvent[]): Promise<void> {
    const [row] = await rowsOf<{ count: number }>(runner, this.#settle, [keysOf(events), subscriber, lease]);
    if (row?.count !== events.length) {
      throw new EsmsError('lease_lost', `subscriber ${subscriber} no longer holds what it tries to complete`);
    }
  }

  /** Puts deliveries off after a failure; parks those that have had their attempts. */
  async putOff(
    runner: SqlRunner,
    subscriber: string,
    lease: string,
    events: readonly EsmsEvent[],
    { error, waitMs, maxAttempts }: { error: string; waitMs: number; maxAttempts: number },
  ): Promise<void> {
    await runner.query(this.#putOff, [keysOf(events), subscriber, lease, error, waitMs, maxAttempts]);
  }
}

const keysOf = (events: readonly EsmsEvent[]): string =>
  JSON.stringify(events.map(({ account, subject, sequence }) => ({ account, subject, sequence: sequence ?? 0 })));
