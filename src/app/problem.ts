import { STATUS_CODES } from 'node:http';

/** The media type of every error answer (RFC 9457). */
export const PROBLEM = 'application/problem+json; charset=utf-8';

/** The body of an error answer that says no more than its status. */
export function problemOf(status: number): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status });
}
