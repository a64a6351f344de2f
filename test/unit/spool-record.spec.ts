import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecords, encodeRecord } from '../../src/spool/spool-record.js';

const HEADER = 12;

/** What a spool keeps is JSON, which never has the mark's last byte. */
const content = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => Buffer.from(JSON.stringify({ text })));
const contents = fc.array(content, { minLength: 1, maxLength: 8 });

/** Records as they follow each other in a segment, and where each begins and ends. */
function segmentOf(records: readonly Buffer[]): { segment: Buffer; ends: number[] } {
  const encoded = records.map(encodeRecord);
  let end = 0;
  const ends = encoded.map((bytes) => (end += bytes.length));
  return { segment: Buffer.concat(encoded), ends };
}

const textsOf = (records: readonly Buffer[]): string[] => records.map((record) => record.toString('utf8'));

describe('a segment', () => {
  it('gives back what was put in, of any bytes and lengths', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (all) => {
        const records = all.map((each) => Buffer.from(each));
        const decoded = decodeRecords(segmentOf(records).segment);
        expect(decoded.records.map((each) => each.toString('hex'))).toEqual(
          records.map((each) => each.toString('hex')),
        );
        expect(decoded.damaged).toEqual([]);
      }),
    );
  });

  it('without a record has none', () => {
    expect(decodeRecords(Buffer.alloc(0))).toEqual({ records: [], damaged: [] });
  });

  it('of zeros, as a lost flush may leave it, has none and does not hang', () => {
    const zeros = Buffer.alloc(5_000_000);
    const { records, damaged } = decodeRecords(zeros);
    expect(records).toEqual([]);
    expect(damaged.map(({ length }) => length)).toEqual([zeros.length]);
  });

  it('with a length of four gigabytes in it is read on behind that', () => {
    const absurd = Buffer.concat([Buffer.from('eSM\x01'), Buffer.alloc(8, 0xff)]);
    const decoded = decodeRecords(Buffer.concat([absurd, encodeRecord(Buffer.from('next'))]));
    expect(textsOf(decoded.records)).toEqual(['next']);
    expect(decoded.damaged).toEqual([absurd]);
  });
});

describe('a flipped byte', () => {
  it('at each place of a segment loses the record it is in and no other', () => {
    const records = ['one', 'two', '', 'four '.repeat(50), 'five'].map((text) => Buffer.from(JSON.stringify({ text })));
    const { segment, ends } = segmentOf(records);
    for (let place = 0; place < segment.length; place += 1) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const spoilt = Buffer.from(segment);
        spoilt[place] = (spoilt[place] as number) ^ bits;
        const touched = ends.findIndex((end) => place < end);
        const decoded = decodeRecords(spoilt);
        expect(textsOf(decoded.records), `byte ${place}`).toEqual(textsOf(records.toSpliced(touched, 1)));
        expect(Buffer.concat(decoded.damaged).length).toBe(HEADER + (records[touched] as Buffer).length);
      }
    }
  });

  it('in any segment: the same', () => {
    const any = contents.chain((records) =>
      fc.record({
        records: fc.constant(records),
        place: fc.nat(segmentOf(records).segment.length - 1),
        byte: fc.nat(255),
      }),
    );
    fc.assert(
      fc.property(any, ({ records, place, byte }) => {
        const { segment, ends } = segmentOf(records);
        fc.pre(segment[place] !== byte);
        const spoilt = Buffer.from(segment);
        spoilt[place] = byte;
        const touched = ends.findIndex((end) => place < end);
        expect(textsOf(decodeRecords(spoilt).records)).toEqual(textsOf(records.toSpliced(touched, 1)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a cut', () => {
  it('anywhere loses the record it goes through and those behind it', () => {
    fc.assert(
      fc.property(contents, (records) => {
        const { segment, ends } = segmentOf(records);
        for (let length = 0; length < segment.length; length += 1) {
          const whole = ends.filter((end) => end <= length).length;
          const decoded = decodeRecords(segment.subarray(0, length));
          expect(textsOf(decoded.records)).toEqual(textsOf(records.slice(0, whole)));
          const read = ends[whole - 1] ?? 0;
          expect(Buffer.concat(decoded.damaged)).toEqual(segment.subarray(read, length));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('and what was written after it: everything behind the torn record is read', () => {
    fc.assert(
      fc.property(contents, contents, fc.nat(), (before, after, cut) => {
        const torn = encodeRecord(before.at(-1) as Buffer);
        const segment = Buffer.concat([
          segmentOf(before.slice(0, -1)).segment,
          torn.subarray(0, 1 + (cut % (torn.length - 1))),
          segmentOf(after).segment,
        ]);
        expect(textsOf(decodeRecords(segment).records)).toEqual(textsOf([...before.slice(0, -1), ...after]));
      }),
    );
  });
});
