import { EsmsError } from '../domain/errors.js';

/** Which page of a list is asked for. */
export interface PageRequest {
  limit: number;
  /** The place of the last item of the page before; null for the first page. */
  after: readonly string[] | null;
}

/** One page of a list. */
export interface Page<Item> {
  items: Item[];
  /** Ask with it for the next page; null on the last. */
  nextCursor: string | null;
}

/** The page of what may not be seen. */
export const EMPTY_PAGE: Readonly<Page<never>> = { items: [], nextCursor: null };

/** A page from one row more than it holds, which tells whether another follows. */
export function pageOf<Item>(
  rows: readonly Item[],
  limit: number,
  placeOf: (item: Item) => readonly string[],
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null;
  return { items, nextCursor };
}

/** A place in a list as opaque text. */
export function encodeCursor(place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** What a part of a cursor must be: a pattern, or anything else that can tell. */
interface CursorPart {
  test(part: string): boolean;
}

/**
 * The place that a cursor names, each part of it checked; null for none. Throws `cursor_invalid` for what no list of
 * ours gave.
 */
export function decodeCursor(cursor: string | undefined, parts: readonly CursorPart[]): PageRequest['after'] {
  if (cursor === undefined) return null;
  const place = parseCursor(cursor);
  const fits =
    Array.isArray(place) &&
    place.length === parts.length &&
    place.every((part, index) => typeof part === 'string' && parts[index]?.test(part));
  if (!fits) throw new EsmsError('cursor_invalid', 'the cursor is not one that a list of ours gave');
  return place as string[];
}

/**
 * For a cursor whose place is not what it was when the cursor was given: the database was restored to an earlier time,
 * and what came since then was written again or is missing.
 */
export const cursorGone = (): EsmsError =>
  new EsmsError(
    'cursor_gone',
    'the cursor names a place that is not there any more: the database was restored to an earlier time; begin anew',
  );

function parseCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
