import { Injectable } from '@nestjs/common';
import { changeAtSql, idSql } from '../database/change-sql.js';
import { Database } from '../database/database.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { sqlStateOf } from '../database/sql-state.js';
import { EsmsError } from '../domain/errors.js';
import type { HeldDeliveries } from './delivery-claims.js';
import { IS_GIVEN_SQL, IS_HELD_SQL, positionsOf } from './delivery-keys.js';

/** A setting that ends with its transaction: where a second statement does not see it, there was none. */
const SETTING = 'esms.completing';
const ENTER = `select set_config('${SETTING}', $1, true)`;
const IS_INSIDE = `coalesce(current_setting('${SETTING}', true), '') = $3::text`;

/** "No such table", "no such schema". */
const TABLE_ABSENT = /^(42P01|3F000)$/;

/** Marks deliveries done in a transaction of the host's. */
@Injectable()
export class DeliveryCompletion {
  readonly #settle: string;
  readonly #count: string;

  constructor({ tables: { deliveries, changes } }: Database) {
    this.#settle = `
      with settled as (
        update ${deliveries} d set settled_at = now(), lease = null, leased_until = null
        where ${IS_HELD_SQL} and ${IS_INSIDE} returning 1)
      select count(*)::int as settled, ${IS_INSIDE} as inside from settled`;
    // Another database of ours may well have the positions, but not the events.
    this.#count = `
      select count(*)::int as present from ${deliveries} d join ${changes} c on c.position = ${changeAtSql('d.position')}
      where ${IS_GIVEN_SQL} and ${idSql('c', 'd')} = any($3::text::uuid[])`;
  }

  /**
   * Marks all of them. The lease is a random number that only the database of the claim
   * has, so no other one can take the mark; which of the reasons it was, is asked only then.
   */
  async complete(runner: SqlRunner, held: HeldDeliveries): Promise<void> {
    const { subscriber, lease, deliveries } = held;
    const positions = positionsOf(deliveries);
    try {
      await runner.query(ENTER, [lease]);
      const [row] = await rowsOf<{ settled: number; inside: boolean }>(runner, this.#settle, [
        positions,
        subscriber,
        lease,
      ]);
      if (row?.settled === deliveries.length) return;
      if (!row?.inside) throw absentTransaction(subscriber);
      const ids = `{${deliveries.map(({ event }) => event.id).join(',')}}`;
      const [found] = await rowsOf<{ present: number }>(runner, this.#count, [positions, subscriber, ids]);
      throw found?.present === deliveries.length ? lostLease(subscriber) : otherDatabase(subscriber);
    } catch (error) {
      throw TABLE_ABSENT.test(sqlStateOf(error)) ? otherDatabase(subscriber, error) : error;
    }
  }
}

const lostLease = (subscriber: string): EsmsError =>
  new EsmsError('lease_lost', `subscriber ${subscriber} no longer holds what it tries to complete`);

const absentTransaction = (subscriber: string): EsmsError =>
  new EsmsError(
    'transaction_absent',
    `subscriber ${subscriber} completes a delivery outside a transaction: give complete() the manager or client of yours`,
  );

const otherDatabase = (subscriber: string, cause?: unknown): EsmsError =>
  new EsmsError(
    'database_other',
    `subscriber ${subscriber} completes a delivery on a connection to another database than that of nestjs-esms`,
    { cause },
  );
