import { expect, it } from 'vitest';
import { decodeSpooled, encodeSpooled } from '../../src/callbacks/spooled-callback.js';

const CALLBACK = {
  account: 'default',
  receivedAt: '2026-11-25T19:05:40.123456Z',
  query: Buffer.from('SMSID=1&x=\xff'),
};

it('is the same after a stay in the spool', () => {
  expect(decodeSpooled(encodeSpooled(CALLBACK))).toEqual(CALLBACK);
});

it.each([
  ['no JSON', 'SMSID=1'],
  ['no object', 'null'],
  ['no account', '{"receivedAt":"2026-11-25T19:05:40.123456Z","query":""}'],
  ['an account that no database takes', '{"account":"a\\u0000","receivedAt":"2026-11-25T19:05:40.123456Z","query":""}'],
  ['no time', '{"account":"default","receivedAt":"yesterday","query":""}'],
  ['no query', '{"account":"default","receivedAt":"2026-11-25T19:05:40.123456Z"}'],
])('is refused with %s', (_what, content) => {
  expect(() => decodeSpooled(Buffer.from(content))).toThrow(Error);
});
