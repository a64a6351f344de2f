import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { TransactionPool } from '../database/transaction-pool.js';

/** At most; no more than all other work may have, so that one option brings many replicas under one server's limit. */
const CONNECTIONS = 2;

/**
 * A claim or a mark that a crash of PostgreSQL takes back is made again, so none waits for the disk. The planner keeps
 * to the index of what is due, and finds its rows by their places, whatever its statistics say of a table that was empty
 * a moment ago.
 */
const SETTINGS = [
  'synchronous_commit = off',
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'enable_material = off',
  'enable_tidscan = on',
  'jit = off',
];

/** The dispatcher's own connections: no handler that hangs in a transaction, and no page, can take them away. */
@Injectable()
export class DispatchPool extends TransactionPool implements OnApplicationShutdown {
  constructor(@Inject(OPTIONS) { database }: ResolvedOptions) {
    const connections = Math.min(CONNECTIONS, database.workConnections);
    super(database, { purpose: 'dispatch', connections, settings: SETTINGS });
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
