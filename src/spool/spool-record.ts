import { crc32 } from 'node:zlib';

/**
 * A record on disk: the mark, the length and the CRC-32 of what follows, then that. The mark lets a reader find the
 * next record behind one whose length is damaged.
 */
const MARK = Buffer.from('eSM\x01', 'latin1');
const HEADER_BYTES = 12;

/** Longest content of a record; a length beyond it is damage. */
const LONGEST = 1 << 20;

/** The bytes of a record. */
export function encodeRecord(content: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MARK.copy(header);
  header.writeUInt32LE(content.length, 4);
  header.writeUInt32LE(crc32(content), 8);
  return Buffer.concat([header, content]);
}

/** What a segment holds: the contents of its sound records, and the pieces between them that are none. */
export interface DecodedSegment {
  records: Buffer[];
  damaged: Buffer[];
}

/** Reads a segment through to its end, whatever is damaged in it. */
export function decodeRecords(segment: Buffer): DecodedSegment {
  const records: Buffer[] = [];
  const damaged: Buffer[] = [];
  let damageFrom: number | null = null;
  for (let offset = 0; offset < segment.length; ) {
    const content = contentAt(segment, offset);
    if (content === null) {
      damageFrom ??= offset;
      offset = nextMark(segment, offset + 1);
      continue;
    }
    if (damageFrom !== null) damaged.push(segment.subarray(damageFrom, offset));
    damageFrom = null;
    records.push(content);
    offset += HEADER_BYTES + content.length;
  }
  if (damageFrom !== null) damaged.push(segment.subarray(damageFrom));
  return { records, damaged };
}

function contentAt(segment: Buffer, offset: number): Buffer | null {
  if (offset + HEADER_BYTES > segment.length || !segment.subarray(offset, offset + 4).equals(MARK)) return null;
  const length = segment.readUInt32LE(offset + 4);
  const end = offset + HEADER_BYTES + length;
  if (length > LONGEST || end > segment.length) return null;
  const content = segment.subarray(offset + HEADER_BYTES, end);
  return crc32(content) === segment.readUInt32LE(offset + 8) ? content : null;
}

function nextMark(segment: Buffer, from: number): number {
  const found = segment.indexOf(MARK, from);
  return found === -1 ? segment.length : found;
}
