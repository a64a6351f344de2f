/** Positions from `lo` to `hi`, both included. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

/**
 * How far a reader of the event log has come: it has dealt with every position up to `position`, except for those in
 * `gaps`. Gaps are in order and never touch each other or `position`. Positions are whole numbers from 1, below 2^53.
 */
export interface Cursor {
  readonly position: number;
  readonly gaps: readonly Range[];
}

/** Where a reader begins that wants every event there ever was. */
export const BEGINNING: Cursor = { position: 0, gaps: [] };

/** Whether a reader has not dealt with a position yet. */
export function isPending({ position, gaps }: Cursor, candidate: number): boolean {
  return candidate > position || gaps.some(({ lo, hi }) => candidate >= lo && candidate <= hi);
}

/** Where a reader stands that has dealt with everything that either of two has. */
export function joined(one: Cursor, other: Cursor): Cursor {
  return cursorOf(intersection(pendingOf(one), pendingOf(other)));
}

/** Where a reader stands that has dealt with what another one has, but with nothing behind `last`. */
export function upTo({ position, gaps }: Cursor, last: number): Cursor {
  if (position <= last) return { position, gaps };
  const before = intersection(gaps, [{ lo: 1, hi: last }]);
  return cursorOf(last < 1 ? pendingOf(BEGINNING) : merged([...before, { lo: last + 1, hi: Infinity }]));
}

/** The positions that a reader must deal with to have dealt with everything that another one has. */
export function between(from: Cursor, to: Cursor): Range[] {
  return intersection(pendingOf(from), doneOf(to));
}

/** Whether two stand at the same place. */
export function isSame(one: Cursor, other: Cursor): boolean {
  return (
    one.position === other.position &&
    one.gaps.length === other.gaps.length &&
    one.gaps.every(({ lo, hi }, index) => lo === other.gaps[index]?.lo && hi === other.gaps[index]?.hi)
  );
}

/** Gaps as PostgreSQL reads an `int8multirange`. */
export const multirangeOf = (gaps: readonly Range[]): string => `{${gaps.map(({ lo, hi }) => `[${lo},${hi}]`).join()}}`;

/** Gaps as PostgreSQL writes an `int8multirange`: the upper end of each is the first position outside of it. */
export const gapsOf = (multirange: string): Range[] =>
  [...multirange.matchAll(/\[(\d+),(\d+)\)/g)].map(([, lo, end]) => ({ lo: Number(lo), hi: Number(end) - 1 }));

const pendingOf = ({ position, gaps }: Cursor): Range[] => [...gaps, { lo: position + 1, hi: Infinity }];

function doneOf({ position, gaps }: Cursor): Range[] {
  const done: Range[] = [];
  let lo = 1;
  for (const gap of gaps) {
    if (gap.lo > lo) done.push({ lo, hi: gap.lo - 1 });
    lo = gap.hi + 1;
  }
  return position >= lo ? [...done, { lo, hi: position }] : done;
}

/** The last of what is pending has no end. */
function cursorOf(pending: readonly Range[]): Cursor {
  const last = pending.at(-1) as Range;
  return { position: last.lo - 1, gaps: pending.slice(0, -1) };
}

/** Of ranges in order. */
function intersection(some: readonly Range[], others: readonly Range[]): Range[] {
  const common: Range[] = [];
  let [index, other] = [0, 0];
  for (;;) {
    const [a, b] = [some[index], others[other]];
    if (a === undefined || b === undefined) return common;
    const [lo, hi] = [Math.max(a.lo, b.lo), Math.min(a.hi, b.hi)];
    if (lo <= hi) common.push({ lo, hi });
    if (a.hi < b.hi) index += 1;
    else other += 1;
  }
}

/** Ranges in order, those that touch made one. */
function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    if (last !== undefined && last.hi + 1 === range.lo) result[result.length - 1] = { lo: last.lo, hi: range.hi };
    else result.push(range);
  }
  return result;
}
