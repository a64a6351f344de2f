import type pg from 'pg';
import { FitClient } from './fit-client.js';

/** How `pg` says that `query_timeout` is over. */
const TIMED_OUT = 'Query read timeout';

/**
 * A connection that ends when an answer does not come in time. Behind a dead network nobody else would end it (TCP goes
 * on for a quarter of an hour), and `pg` would give it to the next query, to wait behind the one without an answer.
 */
export class ImpatientClient extends FitClient {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    Object.defineProperty(this, 'query', { value: (...given: unknown[]) => this.#watched(query(...given)) });
  }

  #watched(answer: unknown): unknown {
    if (answer instanceof Promise) answer.catch((error: Error) => this.#endIfTimedOut(error));
    return answer;
  }

  #endIfTimedOut({ message }: Error): void {
    if (message === TIMED_OUT) this.connection.stream.destroy();
  }
}
