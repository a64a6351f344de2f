import type pg from 'pg';
import { demandFit, PROPERTIES_SQL } from './fitness.js';
import { SteadyClient } from './steady-client.js';

/**
 * A connection that is made only to a database that is fit: each is asked, since it may have reached another server than
 * the one before. Not by `verify` of its pool: where whoever waits for a connection gives up during that question, `pg`
 * gives the connection to nobody and keeps it, so that it is missing for ever, and `end` waits for it (seen: pg-pool
 * 3.14; a second of a database that does not answer is enough).
 */
export class FitClient extends SteadyClient {
  override connect(): Promise<pg.Client>;
  override connect(callback: Parameters<pg.Client['connect']>[0]): void;
  override connect(callback?: Parameters<pg.Client['connect']>[0]): Promise<pg.Client> | void {
    const connecting = this.#connect();
    if (callback === undefined) return connecting;
    const tell = callback as (error?: unknown) => void;
    // Not in the promise, which would take what is thrown there for its own.
    connecting.then(
      () => process.nextTick(tell),
      (error: unknown) => process.nextTick(tell, error),
    );
  }

  async #connect(): Promise<pg.Client> {
    await super.connect();
    try {
      const { rows } = await this.query(PROPERTIES_SQL);
      demandFit(rows[0]);
      return this;
    } catch (error) {
      void this.end().catch(() => undefined);
      throw error;
    }
  }
}
