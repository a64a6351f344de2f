import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POSITIONS_OF_CHANGE } from '../../src/database/change-sql.js';
import { LogHead } from '../../src/events/log/log-head.js';
import { BEGINNING } from '../../src/events/log/positions.js';
import { at, endOf } from '../support/change-positions.js';

const OLD_MS = 60;

function headWith(...changes: number[]): LogHead {
  const head = new LogHead(BEGINNING, 0);
  for (const change of changes) head.see(at(change), 0);
  return head;
}

/** By the numbers of changes. */
const gapsOf = (head: LogHead): string =>
  head.gaps.map(({ lo, hi }) => `${(lo - 1) / POSITIONS_OF_CHANGE + 1}-${hi / POSITIONS_OF_CHANGE}`).join();

describe('a gap', () => {
  it('is what was passed over, and goes as it is filled', () => {
    const head = headWith(1, 5, 6, 9);
    expect([head.position, gapsOf(head)]).toEqual([endOf(9), '2-4,7-8']);
    head.see(at(3), 1);
    expect(gapsOf(head)).toBe('2-2,4-4,7-8');
    for (const change of [2, 4, 7, 8]) head.see(at(change), 1);
    expect([head.position, gapsOf(head)]).toEqual([endOf(9), '']);
  });

  it('stays as long as any of those who wrote when it was first asked about is writing', () => {
    const head = headWith(2);
    head.close(new Set(['a', 'b']), OLD_MS, Infinity);
    expect(gapsOf(head)).toBe('1-1');
    head.close(new Set(['b', 'c']), OLD_MS * 2, Infinity);
    expect(gapsOf(head)).toBe('1-1');
    // Who began later cannot have it.
    head.close(new Set(['c', 'd']), OLD_MS * 3, Infinity);
    expect(gapsOf(head)).toBe('');
  });

  it('is closed at once where nobody writes', () => {
    const head = headWith(2);
    head.close(new Set(), OLD_MS, Infinity);
    expect(gapsOf(head)).toBe('');
  });

  it('is not closed by an answer that was given before it was old enough', () => {
    const head = headWith(2);
    head.see(at(4), OLD_MS);
    expect(head.asks(OLD_MS)).toBe(true);
    head.close(new Set(), OLD_MS, Infinity);
    expect(gapsOf(head)).toBe('3-3');
    expect(head.asks(OLD_MS)).toBe(false);
  });

  it('is not closed by a read that did not come so far', () => {
    const head = headWith(3, 6);
    head.close(new Set(), OLD_MS, endOf(2));
    expect(gapsOf(head)).toBe('4-5');
  });

  it('of a cursor that was kept is asked about anew', () => {
    const head = new LogHead({ position: endOf(6), gaps: [{ lo: at(2), hi: endOf(3) }] }, 100);
    head.close(new Set(), 120, Infinity);
    expect(gapsOf(head)).toBe('2-3');
    head.close(new Set(), 160, Infinity);
    expect(head.cursor).toEqual({ position: endOf(6), gaps: [] });
  });

  it('of a cursor that was kept within a change is none', () => {
    const head = new LogHead({ position: at(2) + 1, gaps: [] }, 0);
    head.see(at(2), 0);
    expect([head.position, gapsOf(head)]).toEqual([endOf(2), '']);
  });
});

/** A writer of the model: takes positions, then commits or rolls back. */
interface Writer {
  name: string;
  positions: number[];
  commits: boolean;
}

describe('a log with writers that take positions, commit and roll back in any order', () => {
  type Step =
    | { kind: 'begin' | 'take' | 'end'; pick: number; commits: boolean }
    | { kind: 'read'; limit: number; between: boolean };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('begin' as const, 'take' as const, 'take' as const, 'end' as const),
      pick: fc.nat(100),
      commits: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('read' as const), limit: fc.integer({ min: 1, max: 6 }), between: fc.boolean() }),
  );

  it('is read completely, each event once, and no gap stays in the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const head = new LogHead(BEGINNING, 0);
        const open: Writer[] = [];
        const visible = new Set<number>();
        const seen: number[] = [];
        let [next, names, now] = [1, 0, 0];
        const read = (limit: number, between: boolean): void => {
          now += OLD_MS;
          const asked = now;
          const writers = new Set(open.map(({ name }) => name));
          // One may end between the question who writes and the read.
          if (between && open[0] !== undefined) end(open[0]);
          const { position, gaps } = head.cursor;
          const isWanted = (each: number): boolean =>
            each > position || gaps.some(({ lo, hi }) => each >= lo && each <= hi);
          const found = [...visible]
            .filter(isWanted)
            .toSorted((a, b) => a - b)
            .slice(0, limit);
          for (const each of found) head.see(each, now);
          seen.push(...found);
          head.close(writers, asked, found.length === limit ? (found.at(-1) as number) : Infinity);
        };
        const end = (writer: Writer): void => {
          open.splice(open.indexOf(writer), 1);
          if (writer.commits) for (const each of writer.positions) visible.add(each);
        };
        for (const each of steps) {
          if (each.kind === 'read') read(each.limit, each.between);
          else if (each.kind === 'begin') open.push({ name: `w${names++}`, positions: [], commits: each.commits });
          else {
            const writer = open[each.pick % open.length];
            if (writer === undefined) continue;
            if (each.kind === 'take') writer.positions.push(at(next++));
            else end(writer);
          }
        }
        while (open.length > 0) end(open[0] as Writer);
        for (let round = 0; round < 60; round += 1) read(3, false);
        expect(seen.toSorted((a, b) => a - b)).toEqual([...visible].toSorted((a, b) => a - b));
        expect(head.gaps).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
