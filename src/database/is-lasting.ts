import { UnfitDatabase } from './fitness.js';
import { isPassing } from './is-passing.js';
import { sqlStateOf } from './sql-state.js';

/** Nobody knows the host by its name; a pooler refuses how we connect (08P01, also for a database it does not know). */
const LASTING = /^(ENOTFOUND|08P01)$/;

/**
 * Whether what keeps us from the database cannot be expected to pass by itself: a wrong password or name, a right that
 * is missing, TLS that one side refuses, a database that is unfit. Every error that is not known to pass counts.
 */
export function isLasting(error: unknown): boolean {
  return error instanceof UnfitDatabase || LASTING.test(sqlStateOf(error)) || !isPassing(error);
}
