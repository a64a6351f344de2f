/**
 * The type of a column `recorded_at`: when PostgreSQL wrote the row, by its clock. Not `now()`, which is when the
 * transaction began, maybe before it held the lock by which `recordedUntil` finds it.
 */
export const RECORDED_AT = 'timestamptz not null default clock_timestamp()';
