import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClaimCursor } from '../../src/events/claim-cursor.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('begins at the head, and stays there while everything is found from there', () => {
  const cursor = new ClaimCursor();
  cursor.arrive();
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('0');
});

it('passes over what was looked at in vain, however long that takes', () => {
  const cursor = new ClaimCursor();
  cursor.advance('10000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('10000');
  cursor.advance('20000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('20000');
});

it('goes back to the head a while after it found something, whatever it finds or passes over meanwhile', () => {
  const cursor = new ClaimCursor();
  cursor.advance('10000');
  cursor.arrive();
  vi.advanceTimersByTime(6_000);
  cursor.arrive();
  cursor.advance('20000');
  expect(cursor.next()).toBe('20000');
  vi.advanceTimersByTime(4_000);
  expect(cursor.next()).toBe('0');
});

it('waits again before it goes back once more', () => {
  const cursor = new ClaimCursor();
  cursor.advance('10000');
  cursor.arrive();
  vi.advanceTimersByTime(10_000);
  expect(cursor.next()).toBe('0');
  cursor.advance('10000');
  vi.advanceTimersByTime(60_000);
  expect(cursor.next()).toBe('10000');
});
