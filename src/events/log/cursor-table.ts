import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { rowsOf, type SqlRunner } from '../../database/sql-runner.js';
import { sqlStateOf } from '../../database/sql-state.js';
import { EsmsError } from '../../domain/errors.js';
import { DispatchPool } from '../dispatch-pool.js';
import { type Cursor, gapsOf, multirangeOf } from './positions.js';

/** "Division by zero": by which {@link CursorTable.advance} says that the cursor is not as its owner left it. */
const MOVED_BY_OTHERS = '22012';

/** A cursor that this process may move, as it was when it was last seen. */
export interface OwnedCursor {
  readonly subscriber: string;
  readonly lease: string;
  readonly cursor: Cursor;
}

/**
 * The cursors of those who read the log, each moved by one process at a time. Every move names the lease and the place
 * that it starts from. So a process that was frozen longer than its lease, a handler that outlived its time, and one
 * that does not know whether its last COMMIT went through, can never move a cursor that others have moved: the move
 * fails, and with it the effect in its transaction.
 */
@Injectable()
export class CursorTable {
  readonly #acquire: string;
  readonly #lock: string;
  readonly #advance: string;
  readonly #release: string;

  constructor(
    { tables: { cursors, subscribers } }: Database,
    private readonly pool: DispatchPool,
  ) {
    // What a transaction still holds is passed over: who waits here would hold up other readers. A statement of its own,
    // so that the next one sees whether its subscriber was paused until then.
    this.#lock = `select from ${cursors} where subscriber = $1 for update skip locked`;
    this.#acquire = `
      with free as (
        select c.subscriber from ${cursors} c
        where c.subscriber = $1 and (c.leased_until is null or c.leased_until <= now() or c.lease = $4::text::uuid)
          and not exists (
            select from ${subscribers} s where s.name = $1 and (s.paused or s.retired_at is not null))
        for update skip locked)
      update ${cursors} c set lease = $2, leased_until = now() + $3 * interval '1 millisecond'
      from free where c.subscriber = free.subscriber
      returning c.position::text as position, c.gaps::text as gaps`;
    const moved = `c.subscriber = $1 and c.lease = $2::text::uuid and c.position = $3::bigint and c.gaps = $4::text::int8multirange`;
    this.#advance = `
      with moved as (
        update ${cursors} c set position = $5::bigint, gaps = $6::text::int8multirange,
          leased_until = now() + $7 * interval '1 millisecond'
        where ${moved} returning 1)
      select 1 / count(*) from moved`;
    this.#release = `
      update ${cursors} c set position = $5::bigint, gaps = $6::text::int8multirange, lease = null, leased_until = null
      where ${moved}`;
  }

  /**
   * Takes a cursor that nobody holds, or that this process held under `previous`. Returns null where another process
   * has it, where its subscriber is paused or retired, and where there is none.
   */
  async acquire(subscriber: string, leaseMs: number, previous: string | null): Promise<OwnedCursor | null> {
    const lease = randomUUID();
    const [row] = await this.pool.transaction(async (runner) => {
      await runner.query(this.#lock, [subscriber]);
      return rowsOf<{ position: string; gaps: string }>(runner, this.#acquire, [subscriber, lease, leaseMs, previous]);
    });
    if (row === undefined) return null;
    return { subscriber, lease, cursor: { position: Number(row.position), gaps: gapsOf(row.gaps) } };
  }

  /**
   * Moves a cursor in the caller's transaction, and prolongs its lease. Throws `lease_lost` where it is not as `owned`
   * says; the transaction can then only be rolled back.
   */
  async advance(runner: SqlRunner, owned: OwnedCursor, to: Cursor, leaseMs: number): Promise<OwnedCursor> {
    try {
      await runner.query(this.#advance, [...keyOf(owned), ...placeOf(to), leaseMs]);
    } catch (error) {
      if (sqlStateOf(error) !== MOVED_BY_OTHERS) throw error;
      throw new EsmsError('lease_lost', `${owned.subscriber} is read by another process by now`, { cause: error });
    }
    return { ...owned, cursor: to };
  }

  /** Lets others take a cursor, which stays where its owner says. */
  async release(owned: OwnedCursor, at: Cursor): Promise<void> {
    await this.pool.transaction((runner) => runner.query(this.#release, [...keyOf(owned), ...placeOf(at)]));
  }
}

/** Whether a move failed since others have moved the cursor, or taken it. */
export const isLeaseLost = (error: unknown): boolean => error instanceof EsmsError && error.code === 'lease_lost';

const placeOf = ({ position, gaps }: Cursor): [string, string] => [String(position), multirangeOf(gaps)];

const keyOf = ({ subscriber, lease, cursor }: OwnedCursor): string[] => [subscriber, lease, ...placeOf(cursor)];
