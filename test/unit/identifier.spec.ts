import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCallback } from '../../src/callbacks/decode-callback.js';
import { identifierOf } from '../../src/domain/identifier.js';

describe('identifierOf', () => {
  it.each([
    ['abc-1', 'abc-1'],
    ['abc\u200b-1', 'abc-1'],
    ['\ufeffabc-1', 'abc-1'],
    ['abc-1\u00a0', 'abc-1'],
    ['\u202dabc-1\u202c', 'abc-1'],
    ['abc\u2060\u00ad-1', 'abc-1'],
    ['\u200b abc-1 \u200b', 'abc-1'],
    ['abc\u20111', 'abc-1'],
    ['ａｂｃ－１', 'abc-1'],
    ['order\u00a01', 'order 1'],
    ['order\u30001', 'order 1'],
    ['order  1', 'order  1'],
    ['Đơn hàng', 'Đơn hàng'],
    ['Đơn hàng'.normalize('NFD'), 'Đơn hàng'],
    ['A – B', 'A – B'],
    ['a\tb', 'a\tb'],
    ['\u200b\u2060', ''],
  ])('%j is %j', (text, identifier) => {
    expect(identifierOf(text)).toBe(identifier);
  });

  it('takes its own result for the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(identifierOf(identifierOf(text))).toBe(identifierOf(text));
      }),
    );
  });
});

describe('a callback', () => {
  it('names its message and request as a registration does', () => {
    const unseen = '%E2%80%8B';
    const { smsId, fields } = decodeCallback(
      `SMSID=%EF%BB%BFsms${unseen}-1%C2%A0&RequestId=${unseen}request-1&SendStatus=5${unseen}`,
    );
    expect([smsId, fields.requestId, fields.status]).toEqual(['sms-1', 'request-1', 5]);
    expect(fields.anomalies).toEqual([]);
  });

  it('names none with invisible characters alone', () => {
    expect(decodeCallback('SMSID=%E2%80%8B%C2%AD')).toMatchObject({ smsId: null, unkeepable: 'sms_id_absent' });
  });

  it('repeats its SMSID where only invisible characters differ', () => {
    expect(decodeCallback('SMSID=a1&SMSID=a%E2%80%8B1')).toMatchObject({ smsId: 'a1', unkeepable: null });
  });
});
