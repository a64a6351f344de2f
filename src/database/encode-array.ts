import { type Instant, microsecondsOf } from '../domain/clock.js';

/** A type of which arrays can be sent. */
export type ArrayType = keyof typeof TYPES;

/** Bytes as a string, one character each: joining and writing one long string is far cheaper than many short writes. */
type Bytes = string;

/** 2000-01-01, from which PostgreSQL counts, in microseconds since 1970. */
const POSTGRES_EPOCH = 946_684_800_000_000;
const TWO_TO_32 = 2 ** 32;

const utf8 = (text: string): Bytes =>
  Buffer.byteLength(text, 'utf8') === text.length ? text : Buffer.from(text, 'utf8').toString('latin1');

const int32 = (value: number): Bytes =>
  String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);

const int64 = (value: number): Bytes => int32(Math.floor(value / TWO_TO_32)) + int32(value % TWO_TO_32);

/**
 * How a value of each type goes over the wire in binary, and the type's number (`pg_type.oid`, the same in every
 * version). JSON comes as its text; a whole number beyond 2^53 is none that we count.
 */
const TYPES = {
  text: { oid: 25, bytes: utf8 },
  json: { oid: 114, bytes: utf8 },
  integer: { oid: 23, bytes: int32 },
  bigint: { oid: 20, bytes: int64 },
  boolean: { oid: 16, bytes: (value: boolean) => (value ? '\x01' : '\0') },
  bytea: { oid: 17, bytes: (value: Buffer) => value.toString('latin1') },
  timestamptz: { oid: 1184, bytes: (value: Instant) => int64(microsecondsOf(value) - POSTGRES_EPOCH) },
} as const;

const NULL = int32(-1);

/**
 * An array as PostgreSQL reads it in binary (`array_recv`): number of dimensions, whether there may be NULLs, type,
 * length and lower bound, then each value with its length before it. `pg` sends a Buffer as it is; null and undefined
 * are NULL.
 */
export function encodeArray(type: ArrayType, values: readonly unknown[]): Buffer {
  const { oid } = TYPES[type];
  const bytesOf = TYPES[type].bytes as (value: unknown) => Bytes;
  let bytes: Bytes = int32(1) + int32(1) + int32(oid) + int32(values.length) + int32(1);
  for (const value of values) {
    if (value === null || value === undefined) {
      bytes += NULL;
      continue;
    }
    const own = bytesOf(value);
    bytes += int32(own.length) + own;
  }
  return Buffer.from(bytes, 'latin1');
}
