import type { SqlRunner } from '../database/sql-runner.js';

/** The delivery of one event, or of one batch, to a handler. */
export interface EsmsDelivery {
  /** Which attempt this is, from 1; in a batch the highest of its events. */
  readonly attempt: number;
  /** Aborted when the handler's time is over: what it still does is done again by another call. */
  readonly signal: AbortSignal;
  /**
   * Marks the delivery done inside the caller's own transaction, so that effect and mark are stored together or not at
   * all. `runner` is whatever runs SQL on that transaction: a TypeORM manager, a `pg` client.
   * Throws `EsmsError`: `lease_lost` where another call has taken over, `database_other` where the connection is to
   * another database than ours, `transaction_absent` where no transaction is open on it. Let each roll yours back.
   */
  complete(runner: SqlRunner): Promise<void>;
}
