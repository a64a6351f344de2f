import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/sql-runner.js';
import { behindSql } from './log/behind.js';
import { HOSTED_FOR } from './subscriber-table.js';

/** A subscriber that has something to do. */
export interface BusySubscriber {
  name: string;
  /** How many events are still to be delivered. */
  open: number;
}

/** Tells what subscribers still do by themselves: for tests, which wait for the end of it. */
@Injectable()
export class OpenWork {
  readonly #busy: string;

  constructor(private readonly database: Database) {
    const { subscribers, subscriber_hosts: hosts, deliveries } = database.tables;
    this.#busy = `
      select s.name, open.count + behind.counted + behind.beyond as count
      from ${subscribers} s
      cross join lateral (${behindSql(database.tables, 'null::text')}) behind
      cross join lateral (
        select count(*)::int as count from ${deliveries} d
        where d.subscriber = s.name and d.settled_at is null and d.parked_at is null and not exists (
          select from ${deliveries} p where p.subscriber = d.subscriber and p.parked_at is not null
            and p.account = d.account and p.subject = d.subject and p.sequence < d.sequence)
      ) open
      where s.retired_at is null and not s.paused and (open.count + behind.counted + behind.beyond > 0 or s.replay_after is not null)
        and exists (select from ${hosts} h where h.subscriber = s.name and h.seen_at > now() - ${HOSTED_FOR})
      order by s.name`;
  }

  /** Not those that are paused or that no process hosts, nor what waits behind a parked event of its message. */
  async busy(): Promise<BusySubscriber[]> {
    const rows = await rowsOf<{ name: string; count: number }>(this.database, this.#busy);
    return rows.map(({ name, count }) => ({ name, open: count }));
  }
}
