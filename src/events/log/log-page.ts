import type { LogEntry } from './log-entry.js';
import type { Cursor, Range } from './positions.js';

/** How many changes one read takes. */
export const READ = 1_000;

/** What one read brought. */
export interface LogRead {
  /** The events of whole changes, in order. */
  readonly entries: readonly LogEntry[];
  /** Whether it ended at {@link READ}, so that there may be more. */
  readonly hasMore: boolean;
}

/** A part of the log, as one read brought it. */
export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Where a reader stands that has dealt with this page and with all before it. */
  readonly after: Cursor;
}

/** The pages that the readers of a process share. */
export interface LogPages {
  /** Where a reader stands that has taken every page, and the number of the next page. */
  readonly end: { readonly cursor: Cursor; readonly page: number };
  /** A page by its number: `gone` where it is kept no longer, null where it is still to come. */
  page(number: number): LogPage | 'gone' | null;
  /** The first {@link READ} changes in ranges in which nothing can show up any more. */
  readWithin(ranges: readonly Range[]): Promise<LogRead>;
  /** Resolves when a page has come, after `milliseconds`, or when `signal` is aborted. */
  more(milliseconds: number, signal: AbortSignal): Promise<void>;
}
