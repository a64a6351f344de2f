import type { AuthenticatedCallback } from './quarantined-callback.js';

/** A callback as the content of a spool record. */
export function encodeSpooled({ account, query, receivedAt }: AuthenticatedCallback): Buffer {
  return Buffer.from(JSON.stringify({ account, receivedAt, query: query.toString('base64') }));
}

/** The callback of a spool record. */
export function decodeSpooled(content: Buffer): AuthenticatedCallback {
  const { account, receivedAt, query } = JSON.parse(content.toString('utf8')) as Record<
    'account' | 'receivedAt' | 'query',
    string
  >;
  return { account, receivedAt, query: Buffer.from(query, 'base64') };
}
