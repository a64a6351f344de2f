import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClaimCursor } from '../../src/events/claim-cursor.js';

let cursor: ClaimCursor;

beforeEach(() => {
  vi.useFakeTimers();
  cursor = new ClaimCursor();
});

afterEach(() => void vi.useRealTimers());

const inVain = (reached: string): void => cursor.looked({ reached, taken: null, isEnd: false });
const took = (taken = '10'): void => cursor.looked({ reached: null, taken, isEnd: false });
const atEnd = (): void => cursor.looked({ reached: null, taken: null, isEnd: true });

it('begins at the head, and stays there while everything is found near it', () => {
  took();
  took('10000');
  atEnd();
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('0');
});

it('begins 10,000 positions before what the last claim took, and once a second at the head', () => {
  took('30000');
  expect(cursor.next()).toBe('20000');
  took('25000');
  expect(cursor.next()).toBe('20000');
  vi.advanceTimersByTime(999);
  took('9007199254740995000');
  expect(cursor.next()).toBe('9007199254740985000');
  vi.advanceTimersByTime(1);
  expect(cursor.next()).toBe('0');
  took('5');
  vi.advanceTimersByTime(60_000);
  took('30000');
  expect(cursor.next()).toBe('20000');
});

it('goes to the head a second later however often, with the end seen or not', () => {
  for (let round = 0; round < 5; round += 1) {
    took('30000');
    expect(cursor.next()).toBe('20000');
    vi.advanceTimersByTime(1_000);
    expect(cursor.next()).toBe('0');
  }
});

it('passes over what was looked at in vain, however long that takes', () => {
  inVain('10000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('10000');
  inVain('20000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('20000');
});

it('does not break off what it passes over for the second it would have left the head alone', () => {
  took('30000');
  inVain('40000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('40000');
});

it.each([
  ['took something', took],
  ['saw the end', atEnd],
])('goes back to the head a while after it %s, whatever comes meanwhile', (_, arrive) => {
  inVain('10000');
  arrive();
  vi.advanceTimersByTime(6_000);
  took();
  inVain('20000');
  expect(cursor.next()).toBe('20000');
  vi.advanceTimersByTime(4_000);
  expect(cursor.next()).toBe('0');
});

it('stays, while it passes over something, where that ended: what failed behind it is due again soon', () => {
  inVain('10000');
  took('50000');
  expect(cursor.next()).toBe('10000');
});

it('leaves twice the time where it went back before it saw the end, until it does', () => {
  const msUntilHead = (): number => {
    inVain('10000');
    took();
    for (let ms = 1_000; ; ms += 1_000) {
      vi.advanceTimersByTime(1_000);
      if (cursor.next() === '0') return ms;
    }
  };
  expect([1, 2, 3, 4, 5].map(msUntilHead)).toEqual([10_000, 20_000, 40_000, 80_000, 80_000]);
  inVain('10000');
  atEnd();
  vi.advanceTimersByTime(80_000);
  expect(cursor.next()).toBe('0');
  expect(msUntilHead()).toBe(10_000);
});
