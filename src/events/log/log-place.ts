import type { EventType } from '../../domain/domain-event.js';
import type { LogEntry } from './log-entry.js';
import { type LogPages, READ } from './log-page.js';
import { between, type Cursor, isPending, joined, upTo } from './positions.js';

/** What a reader gets next. */
export interface Stretch {
  /** The events of its types that it has not dealt with, in order. */
  readonly entries: readonly LogEntry[];
  /** Where it stands once it has dealt with them. */
  readonly after: Cursor;
}

/**
 * The place of one reader in the log. As long as it keeps up it takes the pages that all readers take. One that is
 * further behind reads for itself, up to where the pages are: everything before that is there to be read, or never
 * will be.
 */
export class LogPlace {
  readonly #types: ReadonlySet<EventType>;
  #cursor: Cursor;
  #page: number;
  #isBehind = true;

  constructor(
    private readonly log: LogPages,
    cursor: Cursor,
    types: readonly EventType[],
  ) {
    this.#types = new Set(types);
    this.#cursor = cursor;
    this.#page = log.end.page;
  }

  /** The number of the page that it takes next. */
  get page(): number {
    return this.#page;
  }

  /** What follows; null where nothing came within `milliseconds`, or before `signal` was aborted. */
  async next(milliseconds: number, signal: AbortSignal): Promise<Stretch | null> {
    if (this.#isBehind) return this.#catchUp();
    const stretch = this.#takePages();
    if (stretch !== null || this.#isBehind) return stretch;
    await this.log.more(milliseconds, signal);
    return this.#takePages();
  }

  /** As many pages as there are, up to the size of one read. */
  #takePages(): Stretch | null {
    const entries: LogEntry[] = [];
    const begun = this.#cursor;
    while (entries.length < READ) {
      const page = this.log.page(this.#page);
      if (page === 'gone') this.#isBehind = true;
      if (page === 'gone' || page === null) break;
      entries.push(...this.#wanted(page.entries));
      this.#cursor = joined(this.#cursor, page.after);
      this.#page += 1;
    }
    return this.#cursor === begun ? null : { entries, after: this.#cursor };
  }

  async #catchUp(): Promise<Stretch> {
    const { cursor: end, page } = this.log.end;
    this.#page = page;
    const { entries, hasMore } = await this.log.readWithin(between(this.#cursor, end));
    const wanted = this.#wanted(entries);
    const last = entries.at(-1)?.position ?? 0;
    this.#cursor = joined(this.#cursor, hasMore ? upTo(end, last) : end);
    this.#isBehind = hasMore;
    return { entries: wanted, after: this.#cursor };
  }

  /** A page may have what this reader has dealt with before: its cursor was ahead, or another process owned it. */
  #wanted(entries: readonly LogEntry[]): LogEntry[] {
    return entries.filter(({ position, type }) => this.#types.has(type) && isPending(this.#cursor, position));
  }
}
