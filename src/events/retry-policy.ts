import type { DispatcherOptions } from '../config/options.js';

const LONGEST_BACKOFF_MS = 60_000;

/** When what failed is tried again. */
export interface RetryPolicy {
  /** After how many failed attempts it is parked. */
  maxAttempts: number;
  /** How long to wait after so many attempts, in milliseconds. */
  waitMs(attempts: number): number;
}

/** A wait at random up to a ceiling that doubles, so that what failed together does not come back together. */
export function backoffWithFullJitter({ maxAttempts, backoffMs }: Required<DispatcherOptions>): RetryPolicy {
  const ceiling = (attempts: number): number => Math.min(backoffMs * 2 ** (attempts - 1), LONGEST_BACKOFF_MS);
  return { maxAttempts, waitMs: (attempts) => Math.round(Math.random() * ceiling(attempts)) };
}
