import { Injectable } from '@nestjs/common';
import { EsmsError } from '../domain/errors.js';
import { Readiness } from '../telemetry/readiness.js';
import { Database } from './database.js';
import { wordsOf } from './troubles.js';

/** How long to wait. */
export interface WhenReadyOptions {
  /** In milliseconds. @default 30_000 */
  timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

/** Whether we are ready: for a host's own health check, and for what must not begin before. */
@Injectable()
export class EsmsReadiness {
  /** @internal */
  constructor(
    private readonly database: Database,
    private readonly readiness: Readiness,
  ) {}

  /** Whether a callback that comes now would be stored: what `/health/ready` answers. */
  isReady(): Promise<boolean> {
    return this.readiness.canAccept();
  }

  /**
   * Ends when the database was reached, found fit, and migrated; at once where that was before. Throws `database_away`,
   * with what is in the way, when it takes longer than `timeoutMs`, when the application stops, and where it was not
   * initialized yet (`app.init()`, `app.listen()`).
   */
  async whenReady({ timeoutMs = TIMEOUT_MS }: WhenReadyOptions = {}): Promise<void> {
    if (await this.database.isReadyWithin(timeoutMs)) return;
    const { trouble } = this.database;
    const why = trouble === null ? '' : `: ${wordsOf(trouble)}`;
    throw new EsmsError('database_away', `the database is not ready${why}`, { cause: trouble });
  }
}
