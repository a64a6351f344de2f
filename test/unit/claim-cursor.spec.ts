import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClaimCursor } from '../../src/events/claim-cursor.js';

let cursor: ClaimCursor;

beforeEach(() => {
  vi.useFakeTimers();
  cursor = new ClaimCursor();
});

afterEach(() => void vi.useRealTimers());

const inVain = (reached: string): void => cursor.looked({ reached, hasFound: false, isEnd: false });
const found = (): void => cursor.looked({ reached: null, hasFound: true, isEnd: false });
const atEnd = (): void => cursor.looked({ reached: null, hasFound: false, isEnd: true });

it('begins at the head, and stays there while everything is found from there', () => {
  found();
  atEnd();
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('0');
});

it('passes over what was looked at in vain, however long that takes', () => {
  inVain('10000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('10000');
  inVain('20000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('20000');
});

it.each([
  ['found something', found],
  ['saw the end', atEnd],
])('goes back to the head a while after it %s, whatever comes meanwhile', (_, arrive) => {
  inVain('10000');
  arrive();
  vi.advanceTimersByTime(6_000);
  found();
  inVain('20000');
  expect(cursor.next()).toBe('20000');
  vi.advanceTimersByTime(4_000);
  expect(cursor.next()).toBe('0');
});

it('leaves twice the time where it went back before it saw the end, until it does', () => {
  const msUntilHead = (): number => {
    inVain('10000');
    found();
    for (let ms = 1_000; ; ms += 1_000) {
      vi.advanceTimersByTime(1_000);
      if (cursor.next() === '0') return ms;
    }
  };
  expect([msUntilHead(), msUntilHead(), msUntilHead()]).toEqual([10_000, 20_000, 40_000]);
  inVain('10000');
  atEnd();
  vi.advanceTimersByTime(80_000);
  expect(cursor.next()).toBe('0');
  expect(msUntilHead()).toBe(10_000);
});
