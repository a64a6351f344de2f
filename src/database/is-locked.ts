import { sqlStateOf } from './sql-state.js';

/** "Lock not available": `lock_timeout` is over, or NOWAIT was said. */
const LOCKED = '55P03';

/** Whether an error says that another transaction holds what was wanted; nothing is wrong with the database then. */
export const isLocked = (error: unknown): boolean => sqlStateOf(error) === LOCKED;
