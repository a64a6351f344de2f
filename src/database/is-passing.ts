import { isAway } from './is-away.js';
import { sqlStateOf } from './sql-state.js';

/**
 * What others do to a statement that is right: they hold what it waits for (55P03, 57014), meet it in a transaction
 * (40), or let the server only read (25).
 */
const PASSING = /^(25|40|55P03|57014)/;

/** Whether an error is known to pass, and so says nothing of the data that met it. */
export function isPassing(error: unknown): boolean {
  return isAway(error) || PASSING.test(sqlStateOf(error));
}
