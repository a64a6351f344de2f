import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { POSITIONS_OF_CHANGE } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import type { EventType } from '../../domain/domain-event.js';
import { WakeableSleep } from '../wakeable-sleep.js';
import { LogHead } from './log-head.js';
import { type LogPage, type LogPages, type LogRead, READ } from './log-page.js';
import { LogPlace } from './log-place.js';
import { LogQueries } from './log-queries.js';
import { BEGINNING, type Cursor, isSame, type Range } from './positions.js';

/** How many positions ahead one read looks. */
const SPAN = 100_000 * POSITIONS_OF_CHANGE;
/** How many events and gaps are kept for readers that have not taken them yet; one further behind reads for itself. */
const MOST_KEPT = 10_000;
/** Reads follow each other no faster, so that under load one brings many events. */
const READ_INTERVAL_MS = 25;
/** How often the log is read when nobody tells of new events. */
const POLL_MS = 1_000;
/** How soon the log is read again while a gap has just been seen; while it gets older, ever more rarely. */
const GAP_MS = 25;
/** With more gaps than this, cursors would cost too much: nothing is read beyond them until some are closed. */
const MOST_GAPS = 10_000;

/**
 * The event log of this process, read once for all of its readers, and only while one of them waits for more. Pages
 * follow each other; what shows up late, in a position that was passed over, is in a later page. Events of one message
 * come in the order of their sequence: they are written under the lock of its row, so a read that sees one of them sees
 * those before it, at lower positions.
 */
@Injectable()
export class EventLog implements LogPages {
  readonly #sleep = new WakeableSleep();
  readonly #places = new Set<LogPlace>();
  /** Of the readers that wait for more. */
  readonly #waits = new Set<WakeableSleep>();
  #contents: readonly EventType[] = [];
  #head = new LogHead(BEGINNING, 0);
  #pages: LogPage[] = [];
  /** The number of the first page that is kept. */
  #first = 0;
  #heard = true;
  /** How many events and gaps the pages have. */
  #kept = 0;
  /** Up to where the next read looks at least. */
  #reach = 0;
  #isRunning = false;
  #readAt = 0;
  #nextReadAt = 0;

  constructor(
    private readonly queries: LogQueries,
    private readonly database: Database,
  ) {}

  /** Adds types whose content readers want; to be called before the first of them reads. */
  want(types: readonly EventType[]): void {
    this.#contents = [...new Set([...this.#contents, ...types])];
  }

  /** There may be new events. */
  wake(): void {
    this.#heard = true;
    this.#sleep.wake();
  }

  /** Begins to read behind a cursor that was kept with the effects of everything before it. */
  open(cursor: Cursor, types: readonly EventType[]): LogPlace {
    if (this.#places.size === 0 || cursor.position > this.#head.position) this.#begin(cursor);
    const place = new LogPlace(this, cursor, types);
    this.#places.add(place);
    if (!this.#isRunning) void this.#run();
    return place;
  }

  /** Ends what {@link open} began. */
  close(place: LogPlace): void {
    this.#places.delete(place);
    this.#sleep.wake();
  }

  get end(): { cursor: Cursor; page: number } {
    return { cursor: this.#head.cursor, page: this.#first + this.#pages.length };
  }

  page(number: number): LogPage | 'gone' | null {
    return number < this.#first ? 'gone' : (this.#pages[number - this.#first] ?? null);
  }

  readWithin(ranges: readonly Range[]): Promise<LogRead> {
    return this.queries.read(ranges, READ, this.#contents);
  }

  async more(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const wait = new WakeableSleep();
    const wake = (): void => wait.wake();
    this.#waits.add(wait);
    signal.addEventListener('abort', wake);
    this.#sleep.wake();
    await wait.for(milliseconds);
    signal.removeEventListener('abort', wake);
    this.#waits.delete(wait);
  }

  /**
   * A cursor that was kept has passed over nothing that may still show up: any of them is a place to begin. The furthest
   * of them, so that no reader waits until the pages have come from one that is far behind to where it is. Those read
   * for themselves; the number that is left out tells them that there was something between.
   */
  #begin(cursor: Cursor): void {
    this.#head = new LogHead(cursor, performance.now());
    this.#first += this.#pages.length + 1;
    this.#pages = [];
    this.#kept = 0;
    this.#heard = true;
    for (const wait of this.#waits) wait.wake();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#places.size > 0) {
      const waitMs = this.#waits.size === 0 ? POLL_MS : this.#dueMs();
      if (waitMs > 0) await this.#sleep.for(waitMs);
      else await this.#readOn();
    }
    this.#isRunning = false;
  }

  #dueMs(): number {
    const now = performance.now();
    return this.#heard ? 0 : this.#nextReadAt - now;
  }

  async #readOn(): Promise<void> {
    const early = this.#readAt + READ_INTERVAL_MS - performance.now();
    if (early > 0) await pause(early);
    this.#heard = false;
    this.#readAt = performance.now();
    await this.database.background.attempt('reading the event log', async () => {
      if (await this.#read()) this.#heard = true;
    });
    const gapMs = this.#head.youngestGapMs(performance.now());
    this.#nextReadAt = this.#readAt + (gapMs === null ? POLL_MS : Math.min(Math.max(gapMs, GAP_MS), POLL_MS));
  }

  /** Whether there may be more. */
  async #read(): Promise<boolean> {
    const head = this.#head;
    const before = head.cursor;
    const asked = performance.now();
    // Before the read, and in a transaction before it: what these wrote and committed, the read sees.
    const writers = head.asks(asked) ? await this.queries.writers() : null;
    const isFull = before.gaps.length > MOST_GAPS;
    const ahead = { lo: before.position + 1, hi: Math.max(before.position + SPAN, this.#reach) };
    const ranges = isFull ? before.gaps : [...before.gaps, ahead];
    const { entries, hasMore } = await this.queries.read(ranges, READ, this.#contents);
    // Its readers have gone meanwhile, and others have begun elsewhere.
    if (head !== this.#head) return true;
    const now = performance.now();
    for (const { position, isFirst } of entries) if (isFirst) head.see(position, now);
    if (writers !== null) head.close(writers, asked, hasMore ? (entries.at(-1)?.position ?? 0) : Infinity);
    if (entries.length > 0 || !isSame(before, head.cursor)) this.#add({ entries, after: head.cursor });
    return hasMore || (!isFull && head.position === before.position && (await this.#leap(ahead.hi)));
  }

  /** Whether there is something further ahead than was looked: positions may be left out, even very many. */
  async #leap(looked: number): Promise<boolean> {
    const next = await this.queries.next(looked);
    if (next !== null) this.#reach = next;
    return next !== null;
  }

  #add(page: LogPage): void {
    this.#pages.push(page);
    this.#kept += sizeOf(page);
    const needed = Math.min(...[...this.#places].map((place) => place.page));
    while (this.#first < needed || this.#kept > MOST_KEPT) {
      const oldest = this.#pages.shift();
      if (oldest === undefined) break;
      this.#kept -= sizeOf(oldest);
      this.#first += 1;
    }
    for (const wait of this.#waits) wait.wake();
  }
}

const sizeOf = ({ entries, after }: LogPage): number => entries.length + after.gaps.length;
