import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  earliest,
  instantOf,
  latest,
  microsecondsOf,
  MOMENT,
  parseMoment,
  shiftInstant,
  SystemClock,
} from '../../src/domain/clock.js';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const a = '2026-11-25T19:05:40.123456Z';
const b = '2026-11-25T19:05:40.123457Z';

/** Every microsecond from 1970 to 2255, where a number no longer holds each. */
const microseconds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('an instant', () => {
  it('keeps each microsecond', () => {
    fc.assert(
      fc.property(microseconds, (count) => {
        const instant = instantOf(count);
        expect(instant).toMatch(INSTANT);
        expect(microsecondsOf(instant)).toBe(count);
        expect(parseMoment(instant)).toBe(instant);
      }),
    );
  });

  it('is ordered as text as it is in time', () => {
    fc.assert(
      fc.property(microseconds, microseconds, (x, y) => {
        expect(instantOf(x) < instantOf(y)).toBe(x < y);
      }),
    );
    expect(a < b).toBe(true);
  });

  it('moves by milliseconds, across any border', () => {
    expect(shiftInstant(a, 1)).toBe('2026-11-25T19:05:40.124456Z');
    expect(shiftInstant('2026-12-31T23:59:59.999999Z', 1)).toBe('2027-01-01T00:00:00.000999Z');
    expect(shiftInstant(a, 72 * 3_600_000)).toBe('2026-11-28T19:05:40.123456Z');
    expect(shiftInstant(shiftInstant(a, 86_400_000), -86_400_000)).toBe(a);
  });

  it.each([
    ['2026-11-25T19:05:40Z', '2026-11-25T19:05:40.000000Z'],
    ['2026-11-25T19:05:40.1Z', '2026-11-25T19:05:40.100000Z'],
    ['2026-11-25T19:05:40.123Z', '2026-11-25T19:05:40.123000Z'],
    ['2026-11-25T19:05:40.123456Z', a],
    ['2026-11-25T19:05:40.123456789Z', a],
    ['2026-11-26T02:05:40.123456+07:00', a],
    ['2026-11-25T14:05:40.123456-05:00', a],
    ['2026-11-25T19:05Z', '2026-11-25T19:05:00.000000Z'],
    ['2026-11-25', '2026-11-24T17:00:00.000000Z'],
  ])('is read from %s', (text, instant) => {
    expect(text).toMatch(MOMENT);
    expect(parseMoment(text)).toBe(instant);
  });

  it.each(['', 'now', '1', '2026', '25/11/2026', '2026-W48', '2026-11-25T19:05:40', '2026-11-25 19:05:40Z'])(
    'is not read from "%s"',
    (text) => expect(text).not.toMatch(MOMENT),
  );
});

describe('the later and the earlier of two', () => {
  it.each([
    [a, b, a, b],
    [b, a, a, b],
    [a, a, a, a],
    [a, null, a, a],
    [null, b, b, b],
    [null, null, null, null],
  ])('%s and %s', (x, y, early, late) => {
    expect(earliest(x, y)).toBe(early);
    expect(latest(x, y)).toBe(late);
  });
});

describe('the clock of this machine', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-25T19:05:40.123Z') }));
  afterEach(() => void vi.useRealTimers());

  it('tells the time, and two in one millisecond apart', () => {
    const clock = new SystemClock();
    expect([clock.now(), clock.now()]).toEqual(['2026-11-25T19:05:40.123000Z', '2026-11-25T19:05:40.123001Z']);
  });

  it.each([
    ['a day', 86_400],
    ['three days', 3 * 86_400],
    ['ten years', 10 * 365 * 86_400],
    ['three hours', 3 * 3_600],
  ])('follows the wall clock that jumped %s ahead and came back, and is ordered from then on', (_name, seconds) => {
    const clock = new SystemClock();
    const before = clock.now();
    vi.setSystemTime(Date.parse('2026-11-25T19:05:40.123Z') + seconds * 1_000);
    clock.now();
    vi.setSystemTime(Date.parse('2026-11-25T19:05:41Z'));
    const times = Array.from({ length: 3 }, () => clock.now());
    expect(times).toEqual([
      '2026-11-25T19:05:41.000000Z',
      '2026-11-25T19:05:41.000001Z',
      '2026-11-25T19:05:41.000002Z',
    ]);
    expect(before < (times[0] as string)).toBe(true);
  });

  it('keeps the order where the wall clock is set back by an hour, and is never further ahead than two', () => {
    const clock = new SystemClock();
    const before = clock.now();
    for (let minutes = 0; minutes < 24 * 60; minutes += 7) {
      vi.setSystemTime(Date.parse('2026-11-25T19:05:40.123Z') - minutes * 60_000);
      const now = clock.now();
      if (minutes <= 60) expect(now > before).toBe(true);
      expect(microsecondsOf(now) - Date.now() * 1_000).toBeLessThanOrEqual(2 * 3_600 * 1_000_000 + 1_000);
    }
  });

  it('never goes back, though the wall clock does', () => {
    const clock = new SystemClock();
    const before = clock.now();
    vi.setSystemTime(Date.parse('2026-11-25T18:00:00Z'));
    expect(clock.now() > before).toBe(true);
  });

  it('stays ahead of itself when a millisecond is not enough', () => {
    const clock = new SystemClock();
    const times = Array.from({ length: 2500 }, () => clock.now());
    expect(new Set(times).size).toBe(times.length);
    expect(times.toSorted()).toEqual(times);
    vi.advanceTimersByTime(1);
    expect(clock.now() > (times.at(-1) as string)).toBe(true);
  });
});
