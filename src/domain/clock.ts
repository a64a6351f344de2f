/**
 * A point in time as ISO 8601 in UTC with exactly six fraction digits (`2026-11-25T19:05:40.123456Z`): the order of
 * the texts is the order of the times, and no microsecond is lost (a `Date` keeps milliseconds only).
 */
export type Instant = string;

/** Tells the time; injected, so that tests can hold it. */
export interface Clock {
  /** The present, later than everything this clock said before; unless the system's clock was set back by hours. */
  now(): Instant;
}

const MICROSECONDS = 1_000;

const MICROSECONDS_OF_SECOND = 1_000_000;
/** Characters of an {@link Instant} up to its seconds. */
const UP_TO_SECOND = 19;

/** The second that was asked about last: a thousand callbacks of one second ask about the same. */
let second = { seconds: 0, text: '1970-01-01T00:00:00' };

/** Microseconds since 1970 as an {@link Instant}; a number holds them exactly until the year 2255. */
export function instantOf(microseconds: number): Instant {
  const seconds = Math.floor(microseconds / MICROSECONDS_OF_SECOND);
  if (second.seconds !== seconds) {
    const text = new Date(seconds * 1_000).toISOString().slice(0, UP_TO_SECOND);
    second = { seconds, text };
  }
  const fraction = String(microseconds - seconds * MICROSECONDS_OF_SECOND).padStart(6, '0');
  return `${second.text}.${fraction}Z`;
}

/** An {@link Instant} as microseconds since 1970. */
export function microsecondsOf(instant: Instant): number {
  const text = instant.slice(0, UP_TO_SECOND);
  if (second.text !== text) second = { seconds: Date.parse(`${text}Z`) / 1_000, text };
  return second.seconds * MICROSECONDS_OF_SECOND + Number(instant.slice(UP_TO_SECOND + 1, -1));
}

const INSTANT = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Whether a text is an {@link Instant}, of a day that there is. */
export function isInstant(text: string): boolean {
  return INSTANT.test(text) && new Date(text).toJSON()?.slice(0, 20) === text.slice(0, 20);
}

/** `instant` moved by whole milliseconds, forwards or (negative) backwards. */
export function shiftInstant(instant: Instant, milliseconds: number): Instant {
  return instantOf(microsecondsOf(instant) + milliseconds * MICROSECONDS);
}

/** A day, which is one of Vietnam, or a time with its offset; of years that are the same in JavaScript and PostgreSQL. */
export const MOMENT = /^[12]\d{3}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/;

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
 * How far this clock may be ahead of the system's that was set back. An hour is what a wrong time zone moves a clock by:
 * through such a step the order of coming, which decides which report stands, matters more than the hour. Beyond it,
 * whoever set it back was right, and ours would be wrong until the restart.
 */
const LONGEST_AHEAD = 2 * 3_600 * MICROSECONDS_OF_SECOND;

/**
 * The wall clock of this machine. Two callbacks within one millisecond still get different, ordered times: the wall
 * clock counts milliseconds, the rest is counted up here. Only what comes from outside gets its time here; what is due,
 * silent or leased is decided by PostgreSQL's clock.
 */
export class SystemClock implements Clock {
  #last = 0;

  now(): Instant {
    const wall = Date.now() * MICROSECONDS;
    const follows = wall > this.#last || wall < this.#last - LONGEST_AHEAD;
    this.#last = follows ? wall : this.#last + 1;
    return instantOf(this.#last);
  }
}
