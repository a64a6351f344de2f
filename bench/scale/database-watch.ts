import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What PostgreSQL's clients waited for, seen from outside at many moments. */
export interface DatabaseSeen {
  samples: number;
  /** The most connections at one moment. */
  connections: number;
  /** How many clients waited for a lock on a row, on average. */
  rowLockWaiters: number;
  /** The same for locks of any other kind. */
  otherLockWaiters: number;
  /** How many waited for the journal to be written, on average: the commit itself. */
  journalWaiters: number;
}

const PAUSE_MS = 50;

const SAMPLE = `
  select count(*)::integer as connections,
    (count(*) filter (where wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple')))::integer as row_locks,
    (count(*) filter (where wait_event_type = 'Lock' and wait_event not in ('transactionid', 'tuple')))::integer
      as other_locks,
    (count(*) filter (where wait_event ~* '^wal'))::integer as journal
  from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;

interface Sample {
  connections: number;
  row_locks: number;
  other_locks: number;
  journal: number;
}

/** Looks at a database until it is told to stop. */
export class DatabaseWatch {
  readonly #samples: Sample[] = [];
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  private constructor(private readonly client: pg.Client) {}

  static async start(databaseUrl: string): Promise<DatabaseWatch> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const watch = new DatabaseWatch(client);
    watch.#ended = watch.#run();
    return watch;
  }

  async stop(): Promise<DatabaseSeen> {
    this.#stopping.abort();
    await this.#ended;
    await this.client.end();
    const mean = (of: (sample: Sample) => number): number =>
      this.#samples.reduce((sum, sample) => sum + of(sample), 0) / this.#samples.length;
    return {
      samples: this.#samples.length,
      connections: Math.max(...this.#samples.map(({ connections }) => connections)),
      rowLockWaiters: mean((sample) => sample.row_locks),
      otherLockWaiters: mean((sample) => sample.other_locks),
      journalWaiters: mean((sample) => sample.journal),
    };
  }

  async #run(): Promise<void> {
    for (; !this.#stopping.signal.aborted; await sleep(PAUSE_MS)) {
      const { rows } = await this.client.query<Sample>(SAMPLE);
      this.#samples.push(...rows);
    }
  }
}
