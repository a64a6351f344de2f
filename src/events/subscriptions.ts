import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Subscriber } from './subscriber.js';

/** The table of subscribers: deliveries are made from it, so a process that only receives needs to know no handler. */
@Injectable()
export class Subscriptions {
  constructor(private readonly database: Database) {}

  /** Writes down the subscribers of this process; a new one gets the events from now on. */
  async enrol(subscribers: readonly Subscriber[]): Promise<void> {
    const { subscribers: table } = this.database.tables;
    for (const { name, handlers } of subscribers) {
      await this.database.dataSource.query(
        `insert into ${table} (name, patterns) values ($1, $2)
         on conflict (name) do update set patterns = excluded.patterns where ${table}.patterns <> excluded.patterns`,
        [name, handlers.flatMap(({ patterns }) => patterns)],
      );
    }
  }
}
