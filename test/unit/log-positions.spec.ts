import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEGINNING,
  between,
  type Cursor,
  gapsOf,
  isPending,
  isSame,
  joined,
  multirangeOf,
  upTo,
} from '../../src/events/log/positions.js';

const LAST = 40;

/** Everything that a cursor says, position by position; nothing behind the last one is dealt with. */
const pendingOf = (cursor: Cursor): Set<number> =>
  new Set(Array.from({ length: LAST }, (_, index) => index + 1).filter((position) => isPending(cursor, position)));

/** The cursor that has dealt with some positions. */
function cursorOf(done: ReadonlySet<number>): Cursor {
  const position = Math.max(0, ...done);
  const gaps: { lo: number; hi: number }[] = [];
  for (let each = 1; each <= position; each += 1) {
    if (done.has(each)) continue;
    const last = gaps.at(-1);
    if (last?.hi === each - 1) last.hi = each;
    else gaps.push({ lo: each, hi: each });
  }
  return { position, gaps };
}

const done = fc.uniqueArray(fc.integer({ min: 1, max: LAST })).map((positions) => new Set(positions));
const cursor = done.map(cursorOf);

const expectSame = (one: Cursor, other: Cursor): void => expect(one).toEqual(other);

describe('a cursor', () => {
  it('says of each position whether it was dealt with', () => {
    fc.assert(
      fc.property(done, (positions) => {
        const pending = pendingOf(cursorOf(positions));
        for (let each = 1; each <= LAST; each += 1) expect(pending.has(each)).toBe(!positions.has(each));
      }),
    );
  });

  it('joined with another has dealt with what either has', () => {
    fc.assert(
      fc.property(done, done, (some, others) => {
        expectSame(joined(cursorOf(some), cursorOf(others)), cursorOf(new Set([...some, ...others])));
      }),
    );
  });

  it('joined is the same in any order, any number of times', () => {
    fc.assert(
      fc.property(cursor, cursor, cursor, (one, two, three) => {
        expectSame(joined(joined(one, two), three), joined(three, joined(two, one)));
        expectSame(joined(one, one), one);
        expectSame(joined(one, BEGINNING), one);
      }),
    );
  });

  it('up to a position has dealt with nothing behind it', () => {
    fc.assert(
      fc.property(done, fc.integer({ min: 0, max: LAST + 1 }), (positions, last) => {
        const before = new Set([...positions].filter((each) => each <= last));
        expect(pendingOf(upTo(cursorOf(positions), last))).toEqual(pendingOf(cursorOf(before)));
      }),
    );
  });

  it('knows what lies between it and another', () => {
    fc.assert(
      fc.property(done, done, (some, others) => {
        const missing = between(cursorOf(some), cursorOf(others)).flatMap(({ lo, hi }) =>
          Array.from({ length: hi - lo + 1 }, (_, index) => lo + index),
        );
        expect(missing).toEqual([...others].filter((each) => !some.has(each)).toSorted((a, b) => a - b));
      }),
    );
  });

  it('reached by parts of a page, each up to a position, is where the page ends', () => {
    fc.assert(
      fc.property(cursor, cursor, fc.array(fc.integer({ min: 0, max: LAST })), (from, to, stops) => {
        let at = from;
        for (const stop of stops.toSorted((a, b) => a - b)) at = joined(at, upTo(to, stop));
        expectSame(joined(at, to), joined(from, to));
      }),
    );
  });

  it('is the same only as one with the same gaps', () => {
    fc.assert(
      fc.property(done, done, (some, others) => {
        const one = cursorOf(some);
        expect(isSame(one, cursorOf(new Set(some)))).toBe(true);
        expect(isSame(one, cursorOf(others))).toBe(
          multirangeOf(one.gaps) === multirangeOf(cursorOf(others).gaps) && one.position === cursorOf(others).position,
        );
      }),
    );
  });
});

describe('gaps', () => {
  it('are read as PostgreSQL writes them', () => {
    expect(gapsOf('{[2,4),[7,8)}')).toEqual([
      { lo: 2, hi: 3 },
      { lo: 7, hi: 7 },
    ]);
    expect(gapsOf('{}')).toEqual([]);
    expect(multirangeOf([{ lo: 2, hi: 3 }])).toBe('{[2,3]}');
    expect(multirangeOf([])).toBe('{}');
  });
});
