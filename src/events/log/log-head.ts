import { endOfChange } from '../../database/change-sql.js';
import type { Cursor, Range } from './positions.js';

/** How old a gap must be before anybody asks who may still fill it: most are filled by then. */
const YOUNG_MS = 50;

/** Positions that were passed over: whoever was given them has not committed yet, or has rolled back. */
interface Gap extends Range {
  readonly since: number;
  /** The transactions that may fill it and have not ended; null before the first question. */
  readonly writers: ReadonlySet<string> | null;
}

/**
 * How far the log has been read, and what was passed over. A position is handed out when an event is written and seen
 * when that is committed, so a lower one may show up after a higher one. It is one of a transaction that was writing
 * events when the gap was noticed. So once every transaction that was writing then has ended, and a read that began
 * after that finds nothing in it, the gap stays empty for ever.
 *
 * Three facts of PostgreSQL stand behind this: a statement takes its lock on the table before it takes a position, a
 * transaction's lock goes only after its commit can be seen, and a sequence without a cache hands out its numbers in
 * order.
 */
export class LogHead {
  #position: number;
  #gaps: Gap[];

  constructor({ position, gaps }: Cursor, now: number) {
    this.#position = position;
    this.#gaps = gaps.map(({ lo, hi }) => ({ lo, hi, since: now, writers: null }));
  }

  /** The last position that was seen. */
  get position(): number {
    return this.#position;
  }

  /** Where a reader stands that has been given everything that was read. */
  get cursor(): Cursor {
    return { position: this.#position, gaps: this.#gaps.map(({ lo, hi }) => ({ lo, hi })) };
  }

  get gaps(): readonly Range[] {
    return this.#gaps;
  }

  /** How long the youngest gap has been there, in milliseconds; null where there is none. */
  youngestGapMs(now: number): number | null {
    return this.#gaps.length === 0 ? null : now - Math.max(...this.#gaps.map(({ since }) => since));
  }

  /** Whether there are gaps for which it matters who writes. */
  asks(now: number): boolean {
    return this.#gaps.some((gap) => isOld(gap, now));
  }

  /** Notes that a change was read at a position. */
  see(position: number, now: number): void {
    const end = endOfChange(position);
    if (end <= this.#position) {
      this.#gaps = this.#gaps.flatMap((gap) => without(gap, position, end));
      return;
    }
    const [lo, hi] = [this.#position + 1, position - 1];
    if (lo <= hi) this.#gaps.push({ lo, hi, since: now, writers: null });
    this.#position = end;
  }

  /**
   * Closes the gaps that stay empty.
   * @param writers the transactions that were writing events before the read that was just made began
   * @param asked when they were asked for: a gap that is younger may belong to none of them
   * @param looked the position up to which that read looked
   */
  close(writers: ReadonlySet<string>, asked: number, looked: number): void {
    this.#gaps = this.#gaps.flatMap((gap) => {
      if (!isOld(gap, asked) || gap.hi > looked) return [gap];
      const left = gap.writers === null ? writers : new Set([...gap.writers].filter((each) => writers.has(each)));
      return left.size === 0 ? [] : [{ ...gap, writers: left }];
    });
  }
}

const isOld = ({ since }: Gap, now: number): boolean => now - since >= YOUNG_MS;

function without(gap: Gap, from: number, to: number): Gap[] {
  if (to < gap.lo || from > gap.hi) return [gap];
  const parts = [
    { ...gap, hi: from - 1 },
    { ...gap, lo: to + 1 },
  ];
  return parts.filter(({ lo, hi }) => lo <= hi);
}
