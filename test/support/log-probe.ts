import { Injectable } from '@nestjs/common';
import { ReadEsmsEvents } from '../../src/events/read-esms-events.js';
import { ReaderPool } from '../../src/events/reader-pool.js';
import type { EsmsDelivery, EsmsEvent } from '../../src/index.js';
import { query } from './query.js';

type Step = (events: readonly EsmsEvent[]) => unknown;

const nothing: Step = () => undefined;

/** A reader of the log, `probe`, whose effect shows how often it was made, and in which order. */
@Injectable()
export class LogProbe {
  /** Runs before the transaction of the effect. */
  static before = nothing;
  /** Runs in the transaction of the effect, before the cursor moves. */
  static within = nothing;

  constructor(private readonly pool: ReaderPool) {}

  @ReadEsmsEvents(['message.sent'], 'probe')
  async read(events: EsmsEvent<'message.sent'>[], delivery: EsmsDelivery): Promise<void> {
    await LogProbe.before(events);
    await this.pool.transaction(async (runner) => {
      for (const { subject, sequence } of events)
        await runner.query('insert into effects (subject, sequence) values ($1, $2)', [subject, sequence]);
      await LogProbe.within(events);
      await delivery.complete(runner);
    });
  }

  /** Makes the table of the effects. */
  static async prepare(url: string): Promise<void> {
    await query(
      url,
      'create table effects (n bigint generated always as identity, subject text not null, sequence bigint not null)',
    );
  }

  /** Each as `subject/sequence`. */
  static async effects(url: string): Promise<string[]> {
    const rows = await query(url, 'select subject, sequence from effects order by n');
    return rows.map((row) => `${row['subject']}/${row['sequence']}`);
  }

  /** Has it do nothing else again. */
  static reset(): void {
    LogProbe.before = nothing;
    LogProbe.within = nothing;
  }
}
