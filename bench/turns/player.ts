import type { ContenderQuestions } from '../contender-process.js';
import { CONTENDERS, type Contender, type ContenderName } from '../contenders.js';
import type { LoadQuestions } from '../load-process.js';
import { type BenchPostgres, querying } from '../postgres/bench-postgres.js';
import { Child } from '../processes/child.js';
import { SERVICE_FLAGS } from '../processes/service-flags.js';
import { catchUp } from '../rounds/measure-contender.js';
import { VoidRun } from '../rounds/void-run.js';

/** What one slice of one contender came to. */
export interface Slice {
  subject: string;
  /** Processor time of the contender and of PostgreSQL for one callback, until its ledger and contacts had everything. */
  microseconds: number;
  /** PostgreSQL's part of it. */
  database: number;
  perSecond: number;
  /** Bytes of the journal for one callback. */
  journal: number;
  /** Bytes by which the database grew for one callback. */
  stored: number;
}

interface Used {
  itself: number;
  database: number;
  journal: number;
  size: number;
}

/** A contender that stays for the whole run and works in its slices alone. */
export class Player {
  #answered = 0;

  private constructor(
    readonly subject: string,
    private readonly contender: Contender,
    private readonly child: Child<ContenderQuestions>,
    private readonly postgres: BenchPostgres,
    private readonly databaseUrl: string,
    private readonly port: number,
  ) {}

  /** @param checkout where the other commit is whose contender it is; null for this one */
  static async join(postgres: BenchPostgres, name: ContenderName, checkout: string | null): Promise<Player> {
    const subject = checkout === null ? name : `${name} before`;
    const databaseUrl = await postgres.create(`turns_${subject.replaceAll(' ', '_')}`);
    const child = Child.start<ContenderQuestions>('contender-process', SERVICE_FLAGS, checkout);
    const port = await child.ask('start', { name, databaseUrl });
    return new Player(subject, CONTENDERS[name], child, postgres, databaseUrl, port);
  }

  /** @throws VoidRun where a callback was not answered with 200, or one that was is not in the ledger in the end */
  async slice(
    load: Child<LoadQuestions>,
    { seconds, connections }: { seconds: number; connections: number },
  ): Promise<Slice> {
    const before = await this.#used();
    await load.ask('open', { port: this.port, connections });
    const { perSecond } = await load.ask('measure', { seconds });
    const { ok, notOk } = await load.ask('close');
    if (notOk > 0) throw new VoidRun(`${this.subject}: ${notOk} callbacks were not answered with 200`);
    this.#answered += ok;
    await catchUp(this.databaseUrl, [...this.contender.stores, ...this.contender.follows], this.#answered);
    const after = await this.#used();
    const database = after.database - before.database;
    return {
      subject: this.subject,
      microseconds: ((after.itself - before.itself + database) / ok) * 1e6,
      database: (database / ok) * 1e6,
      perSecond,
      journal: (after.journal - before.journal) / ok,
      stored: (after.size - before.size) / ok,
    };
  }

  async leave(): Promise<void> {
    await this.child.ask('close').catch(() => undefined);
    await this.child.end();
  }

  async #used(): Promise<Used> {
    const [row] = await querying(this.databaseUrl, async (client) => {
      const { rows } = await client.query<{ journal: number; size: number }>(
        `select (pg_current_wal_insert_lsn() - '0/0')::float8 as journal,
           pg_database_size(current_database())::float8 as size`,
      );
      return rows;
    });
    return {
      itself: await this.child.ask('processorSeconds'),
      database: this.postgres.processorSeconds() ?? 0,
      journal: row?.journal ?? 0,
      size: row?.size ?? 0,
    };
  }
}
