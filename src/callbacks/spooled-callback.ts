import { NAME_PATTERN } from '../config/patterns.js';
import { isInstant } from '../domain/clock.js';
import type { AuthenticatedCallback } from './quarantined-callback.js';

/** A callback in the spool. */
export interface SpooledCallback extends AuthenticatedCallback {
  /**
   * How many drains the database refused it in, while it answered others and nobody held what it needs. @default 0
   */
  refusals?: number;
}

/** A callback as the content of a spool record. */
export function encodeSpooled({ account, query, receivedAt, refusals }: SpooledCallback): Buffer {
  return Buffer.from(JSON.stringify({ account, receivedAt, query: query.toString('base64'), refusals }));
}

/** The callback of a spool record. Throws where the record, though whole, is none that the database could take. */
export function decodeSpooled(content: Buffer): SpooledCallback {
  const { account, receivedAt, query, refusals } = JSON.parse(content.toString('utf8')) as Record<string, unknown>;
  if (typeof account !== 'string' || !NAME_PATTERN.test(account)) throw new TypeError('it names no account');
  if (typeof receivedAt !== 'string' || !isInstant(receivedAt)) throw new TypeError('it has no time');
  if (typeof query !== 'string') throw new TypeError('it has no query');
  const callback = { account, receivedAt, query: Buffer.from(query, 'base64') };
  return typeof refusals === 'number' ? { ...callback, refusals } : callback;
}
