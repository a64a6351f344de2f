import pg from 'pg';

/**
 * A connection whose loss never ends the process. An `error` that nobody listens to does, and while a pool hands a new
 * connection over nobody does: where its last words ("unexpected postmaster exit") come in one packet with the end of its
 * start, that is just then (seen). What waits for an answer is told all the same, and so is the pool.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
