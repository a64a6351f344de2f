/**
 * A point in time as ISO 8601 in UTC with exactly six fraction digits (`2026-11-25T19:05:40.123456Z`): the order of
 * the texts is the order of the times, and no microsecond is lost (a `Date` keeps milliseconds only).
 */
export type Instant = string;

/** Tells the time; injected, so that tests can hold it. */
export interface Clock {
  /** The present, later than everything this clock said before. */
  now(): Instant;
}

const MICROSECONDS = 1000n;

/** Microseconds since 1970 as an {@link Instant}. */
export function instantOf(microseconds: bigint): Instant {
  const milliseconds = microseconds / MICROSECONDS;
  const rest = String(microseconds % MICROSECONDS).padStart(3, '0');
  return `${new Date(Number(milliseconds)).toISOString().slice(0, -1)}${rest}Z`;
}

/** An {@link Instant} as microseconds since 1970. */
export function microsecondsOf(instant: Instant): bigint {
  return BigInt(Date.parse(`${instant.slice(0, 23)}Z`)) * MICROSECONDS + BigInt(instant.slice(23, 26));
}

/** `instant` moved by whole milliseconds, forwards or (negative) backwards. */
export function shiftInstant(instant: Instant, milliseconds: number): Instant {
  return instantOf(microsecondsOf(instant) + BigInt(milliseconds) * MICROSECONDS);
}

/** A day, which is one of Vietnam, or a time with its offset. */
export const MOMENT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/;

/** What a {@link MOMENT} means: the time itself, or the beginning of the day in Vietnam. */
export function parseMoment(text: string): Instant {
  const moment = text.includes('T') ? text : `${text}T00:00:00+07:00`;
  const fraction = /\.(\d{1,6})/.exec(moment)?.[1] ?? '';
  return `${new Date(moment).toISOString().slice(0, 20)}${fraction.padEnd(6, '0')}Z`;
}

/** The later of two times, either of which may be missing. */
export function latest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

/** The earlier of two times, either of which may be missing. */
export function earliest(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/**
 * The wall clock of this machine. Two callbacks within one millisecond still get different, ordered times: the wall
 * clock counts milliseconds, the rest is counted up here.
 */
export class SystemClock implements Clock {
  #last = 0n;

  now(): Instant {
    const wall = BigInt(Date.now()) * MICROSECONDS;
    this.#last = wall > this.#last ? wall : this.#last + 1n;
    return instantOf(this.#last);
  }
}
