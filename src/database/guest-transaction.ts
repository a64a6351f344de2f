import { Injectable } from '@nestjs/common';
import { EsmsError } from '../domain/errors.js';
import { Database } from './database.js';
import { isPermanent } from './is-permanent.js';
import { rowsOf, type SqlRunner } from './sql-runner.js';

const ATTEMPTS = 4;
const SAVEPOINT = 'nestjs_esms';

/** "No active transaction": a savepoint is nothing outside one. */
const TRANSACTION_ABSENT = '25P01';

/**
 * Tells one database of one running server from every other, copies included, and what its transaction lets us do;
 * everybody may ask.
 */
const SITUATION = `
  select extract(epoch from pg_postmaster_start_time())::text || ' ' || d.oid::text as identity,
    current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as "readOnly"
  from pg_catalog.pg_database d where d.datname = current_database()`;

/** The levels at which who waited for a lock sees what its holder wrote; to PostgreSQL they are one. */
const FRESH = ['read committed', 'read uncommitted'];

interface Situation {
  identity: string;
  isolation: string;
  readOnly: 'on' | 'off';
}

/** Work of ours in a transaction of the host's: stored when that commits, and gone when it rolls back. */
@Injectable()
export class GuestTransaction {
  readonly #turns = new WeakMap<SqlRunner, Promise<unknown>>();
  #identity: string | null = null;

  constructor(private readonly database: Database) {}

  /**
   * Runs `work` behind a savepoint, again where another transaction got in its way, so that the host's own work is never
   * lost by it. Throws `transaction_absent`, `transaction_unfit`,
   * `database_other` and `database_away`, else what `work` throws.
   */
  within<Result>(host: SqlRunner, work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    // Savepoints of one connection are a stack: works that were begun at once take turns.
    const before = this.#turns.get(host) ?? Promise.resolve();
    const turn = before.then(() => this.#run(host, work));
    this.#turns.set(
      host,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async #run<Result>(host: SqlRunner, work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    await this.database.demandReady();
    const situation = await situationOf(host);
    await this.#demandOurs(situation);
    for (let attempt = 1; ; attempt += 1) {
      await enter(host);
      try {
        demandFit(situation);
        const result = await work(host);
        await host.query(`release savepoint ${SAVEPOINT}`);
        return result;
      } catch (error) {
        const isUndone = await undo(host);
        if (!isUndone || attempt === ATTEMPTS || error instanceof EsmsError || isPermanent(error)) throw error;
      }
    }
  }

  /** Ours is asked again where they differ: its server may have been started anew. */
  async #demandOurs({ identity }: Situation): Promise<void> {
    if (identity === this.#identity) return;
    this.#identity = (await situationOf(this.database)).identity;
    if (identity === this.#identity) return;
    throw new EsmsError('database_other', 'the manager is connected to another database than that of nestjs-esms');
  }
}

async function situationOf(runner: SqlRunner): Promise<Situation> {
  const [row] = await rowsOf<Situation>(runner, SITUATION);
  return row as Situation;
}

/** At a stricter level ours would not see what others wrote since the host's first statement: no link would be made. */
function demandFit({ isolation, readOnly }: Situation): void {
  if (!FRESH.includes(isolation)) {
    const why = `the manager's transaction is ${isolation.toUpperCase()}, and registering needs READ COMMITTED`;
    throw new EsmsError('transaction_unfit', `${why}: begin yours at that level, or register without a manager`);
  }
  if (readOnly === 'on') throw new EsmsError('transaction_unfit', "the manager's transaction is read-only");
}

async function enter(host: SqlRunner): Promise<void> {
  try {
    await host.query(`savepoint ${SAVEPOINT}`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== TRANSACTION_ABSENT) throw error;
    const why = 'the manager has no open transaction: give the one of your transaction';
    throw new EsmsError('transaction_absent', why, { cause: error });
  }
}

/** Whether the transaction is as it was before; a broken connection has none any more. */
async function undo(host: SqlRunner): Promise<boolean> {
  try {
    await host.query(`rollback to savepoint ${SAVEPOINT}`);
    await host.query(`release savepoint ${SAVEPOINT}`);
    return true;
  } catch {
    return false;
  }
}
