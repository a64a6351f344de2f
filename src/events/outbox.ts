import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { SqlRunner } from '../database/sql-runner.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import type { Recipient } from '../domain/recipient.js';

/** Writes events, and their delivery rows, in the transaction of what they tell. */
@Injectable()
export class Outbox {
  readonly #append: string;
  readonly #listeners = new Set<() => void>();

  constructor(database: Database) {
    const { events, deliveries, subscribers } = database.tables;
    this.#append = `
      with added as (
        insert into ${events} (account, subject, id, sequence, type, occurred_at, data, recipient)
        select account, subject, id, sequence, type, time, data, recipient
        from json_to_recordset($1::json) as given(
          account text, subject text, id uuid, sequence bigint, type text, time timestamptz, data json, recipient json)
        returning account, subject, id, coalesce(sequence, 0) as sequence, type, position
      )
      insert into ${deliveries} (account, subject, subscriber, event_id, sequence, position)
      select added.account, added.subject, subscriber.name, added.id, added.sequence, added.position
      from added join ${subscribers} subscriber
        on subscriber.patterns && array[added.type, split_part(added.type, '.', 1) || '.*', '*']`;
  }

  /** Appends events in their order. Throws what the database throws; the transaction is the caller's. */
  async append(runner: SqlRunner, events: readonly EsmsEvent[]): Promise<void> {
    if (events.length > 0) await runner.query(this.#append, [JSON.stringify(events.map(withRecipientApart))]);
  }

  /** To be called after the commit: wakes the dispatcher of this process. Nothing depends on it, polling is the truth. */
  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after each commit that announced events; gives the way to stop it. */
  onAnnounced(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** An event as its row: the recipient is kept apart, since what leaves the process omits it. */
function withRecipientApart(event: EsmsEvent): object {
  if (!('message' in event.data)) return event;
  const { recipient, ...message } = event.data.message;
  return { ...event, data: { ...event.data, message }, recipient };
}

/** The other way round, for subscribers in this process. */
export function withRecipient(data: { message?: object }, recipient: Recipient | null): object {
  return data.message === undefined ? data : { ...data, message: { ...data.message, recipient } };
}
