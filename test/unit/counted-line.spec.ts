import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CountedLine } from '../../src/telemetry/counted-line.js';
import { LastingCondition } from '../../src/telemetry/lasting-condition.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a line that others can cause is said at once, then once a minute with how many there were', () => {
  const said: string[] = [];
  const line = new CountedLine((text) => said.push(text));
  line.note('a');
  expect(said).toEqual(['a']);
  for (let count = 0; count < 1_000; count += 1) line.note(`b${count}`);
  vi.advanceTimersByTime(59_000);
  expect(said).toEqual(['a']);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(['a', 'b999 (the last of 1000 within a minute)']);
  line.note('c');
  expect(said).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(said.slice(2)).toEqual(['c (the last of 1 within a minute)']);
  vi.advanceTimersByTime(180_000);
  expect(said).toHaveLength(3);
  line.note('d');
  expect(said.slice(3)).toEqual(['d']);
});

it('a few may be said each for itself', () => {
  const said: string[] = [];
  const line = new CountedLine((text) => said.push(text), 2);
  for (const text of ['a', 'b', 'c', 'd']) line.note(text);
  expect(said).toEqual(['a', 'b']);
  vi.advanceTimersByTime(60_000);
  expect(said.slice(2)).toEqual(['d (the last of 2 within a minute)']);
  vi.advanceTimersByTime(60_000);
  for (const text of ['e', 'f', 'g']) line.note(text);
  expect(said.slice(3)).toEqual(['e', 'f']);
});

it('nothing is left to do where nobody causes it', () => {
  const line = new CountedLine(() => undefined);
  line.note('a');
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(0);
});

it('what lasts is news when it begins, when its reason changes, and when it ends', () => {
  const condition = new LastingCondition();
  expect(condition.ended()).toBe(false);
  const reasons = [
    'connect ECONNREFUSED 10.0.0.1:5672',
    'connect ECONNREFUSED 10.0.0.2:5673',
    'no channel',
    'no channel',
  ];
  expect(reasons.map((reason) => condition.holds(reason))).toEqual([true, false, true, false]);
  expect([condition.ended(), condition.ended()]).toEqual([true, false]);
  expect(condition.holds('no channel')).toBe(true);
});
