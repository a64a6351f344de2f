import { POSITIONS_OF_CHANGE } from '../../src/database/change-sql.js';

/** The position of a change by its number, from 1: that of its first event. */
export const at = (change: number): number => (change - 1) * POSITIONS_OF_CHANGE + 1;

/** The last position of a change. */
export const endOf = (change: number): number => change * POSITIONS_OF_CHANGE;
