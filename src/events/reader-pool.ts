import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { TransactionPool } from '../database/transaction-pool.js';

/** One for each reader of ours, so that one that waits for a lock holds up no other; no more than other work may have. */
const CONNECTIONS = 2;

/** An effect and the move of the cursor past its event survive together or not at all, so none waits for the disk. */
const SETTINGS = ['synchronous_commit = off'];

/** The connections on which our own readers do their work; only the process that reads opens them. */
@Injectable()
export class ReaderPool extends TransactionPool implements OnApplicationShutdown {
  constructor(@Inject(OPTIONS) { database }: ResolvedOptions) {
    const connections = Math.min(CONNECTIONS, database.workConnections);
    super(database, { purpose: 'readers', connections, settings: SETTINGS });
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
