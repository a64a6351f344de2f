import { describe, expect, it } from 'vitest';
import { type ErrorInfo, readErrorInfo } from '../../src/channels/zalo/error-info.js';
import { fieldsOf } from '../support/gateway-fields.js';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';

const NOTHING: ErrorInfo = { code: null, message: null, userId: null, status: null };
const OA_SUCCESS: ErrorInfo = { code: '0', message: 'Success', userId: '31215806834323092', status: null };
const INACTIVE = 'User is inactive, or reject the message, or using an outdated Zalo version, or other internal errors';
const OBJECT = '{"error":-114,"message":"User is inactive"}';
const OF_OBJECT: ErrorInfo = { ...NOTHING, code: '-114', message: 'User is inactive' };
const REPLACED = '\uFFFD';

const percent = (text: string, times: number): string =>
  times === 0 ? text : percent(encodeURIComponent(text), times - 1);

describe('the gateway samples', () => {
  it.each<[string, ErrorInfo]>([
    ['c1-customer-care', NOTHING],
    ['c2-advertising', NOTHING],
    ['c3-zns-failed', { ...NOTHING, code: '-114', message: INACTIVE }],
    ['c4-viber', NOTHING],
    ['c5-oa-consulting', OA_SUCCESS],
    ['c6-oa-transaction', OA_SUCCESS],
    ['c7-oa-user-information', OA_SUCCESS],
    ['c8-journey', OA_SUCCESS],
    ['c9-zns-by-user-id', { ...NOTHING, code: '0', message: 'Success', status: 1 }],
  ])('%s', (name, expected) => {
    const sample = [...SEED_SAMPLES, UID_SAMPLE].find((each) => each.name === name);
    expect(readErrorInfo(fieldsOf(sample?.query ?? '').errorInfo)).toEqual(expected);
  });

  it('reads the raw parameter as well, one layer less decoded', () => {
    const raw = SEED_SAMPLES.map(({ query }) => /error_info=([^&]*)/.exec(query)?.[1] ?? null);
    expect(raw.map((text) => readErrorInfo(text).code)).toEqual([null, null, '-114', null, '0', '0', '0', '0']);
    expect(readErrorInfo(raw[4] ?? null).userId).toBe('31215806834323092');
  });
});

describe('every shape', () => {
  it.each<[string, string | null, ErrorInfo]>([
    ['absent', null, NOTHING],
    ['empty', '', NOTHING],
    ['blank', '  \n', NOTHING],
    ['null', 'null', NOTHING],
    ['an empty object', '{}', NOTHING],
    ['an empty string literal', '""', NOTHING],
    ['an object', OBJECT, OF_OBJECT],
    ['an object percent-encoded once', percent(OBJECT, 1), OF_OBJECT],
    ['an object percent-encoded twice', percent(OBJECT, 2), OF_OBJECT],
    ['an object percent-encoded three times', percent(OBJECT, 3), OF_OBJECT],
    ['a string literal', JSON.stringify(OBJECT), OF_OBJECT],
    ['a string literal percent-encoded three times', percent(JSON.stringify(OBJECT), 3), OF_OBJECT],
    ['a string literal in a string literal', JSON.stringify(JSON.stringify(OBJECT)), OF_OBJECT],
    ['a time behind it', `${OBJECT}____24/04/2024 16:58:01`, OF_OBJECT],
    ['a time behind a string literal', `${JSON.stringify(OBJECT)}____24/04/2024 16:58:01`, OF_OBJECT],
    ['an encoded time behind it', `${percent(OBJECT, 1)}____24/04/2024%2016:58:01`, OF_OBJECT],
    ['exception text behind it', `${OBJECT}Object reference not set to an instance of an object.`, OF_OBJECT],
    ['exception text behind a string literal', `${JSON.stringify(OBJECT)}Object reference not set`, OF_OBJECT],
    ['text before it', `Zalo says: ${OBJECT}`, OF_OBJECT],
    ['a string literal without its quotes', OBJECT.replaceAll('"', '\\"'), OF_OBJECT],
    ['a string literal with a raw line break', `"${OBJECT.replaceAll('"', '\\"')}\n"`, OF_OBJECT],
    ['inside an array', `[${OBJECT}]`, OF_OBJECT],
    ['brackets and quotes in the message', '{"message":"a } \\" ] {","error":-132}', info('-132', 'a } " ] {')],
    ['an escape in the message', '{"error":-132,"message":"100%41 off"}', info('-132', '100%41 off')],
    ['the same, encoded once', percent('{"error":-132,"message":"100%41 off"}', 1), info('-132', '100%41 off')],
    [
      'Vietnamese',
      percent('{"error":-108,"message":"Số điện thoại không hợp lệ"}', 2),
      info('-108', 'Số điện thoại không hợp lệ'),
    ],
    ['a code as text', '{"error":"-124"}', info('-124', null)],
    ['words instead of a code', '{"error":"Invalid request"}', info(null, 'Invalid request')],
    ['only a message', '{"message":"Authorize Failed"}', info(null, 'Authorize Failed')],
    ['fields of other kinds', '{"error":true,"message":7,"data":"x"}', NOTHING],
    ['an object we do not know, with a code in it', '{"x":{"error":-5}}', info('-5', '{"x":{"error":-5}}')],
    ['a bare code', '-114', info('-114', null)],
    ['a bare code of eSMS', '1001', info('1001', null)],
    ['success', '0', info('0', null)],
    ['a bare code in quotes, encoded, with a time', '%22-114%22____24/04/2024 16:58:01', info('-114', null)],
    ['a fraction', '1.5', info(null, '1.5')],
    ['plain text', 'Access token is invalid', info(null, 'Access token is invalid')],
    ['plain text with a code', 'Zalo error: -124 (token)', info('-124', 'Zalo error: -124 (token)')],
    [
      'an object cut short',
      '{"error":-114,"message":"User is ina',
      info('-114', '{"error":-114,"message":"User is ina'),
    ],
    ['an invalid percent', 'giảm 100%', info(null, 'giảm 100%')],
    ['an invalid percent in an object', '%7B%22error%22:-112,%22message%22:%22100%%22%7D', info('-112', '100%')],
    ['bytes that are not UTF-8', '%7B%22error%22:-112,%22message%22:%22%E1%BB%22%7D', info('-112', '%E1%BB')],
    ['a lone surrogate', '{"error":-112,"message":"a\\ud800b"}', info('-112', `a${REPLACED}b`)],
    ['NUL', '{"error":-112,"message":"a\\u0000b"}', info('-112', `a${REPLACED}b`)],
    ['names of the prototype', '{"__proto__":{"error":-1},"constructor":{"error":-2},"error":-3}', info('-3', null)],
    ['only names of the prototype', '{"__proto__":{},"constructor":1}', info(null, '{"__proto__":{},"constructor":1}')],
  ])('%s', (_, text, expected) => {
    expect(readErrorInfo(text)).toEqual(expected);
  });
});

describe('a polluted prototype', () => {
  it('is not read', () => {
    Reflect.defineProperty(Object.prototype, 'message', { value: 'from the prototype', configurable: true });
    const read = readErrorInfo('{"error":-114}');
    Reflect.deleteProperty(Object.prototype, 'message');
    expect(read).toEqual({ ...NOTHING, code: '-114' });
  });
});

describe('ids', () => {
  it.each([
    ['{"data":{"user_id":5308693166941955879}}', '5308693166941955879'],
    ['{"data":{"user_id":"5308693166941955879"}}', '5308693166941955879'],
    ['{"data":{"user_id": 12345 }}', '12345'],
    ['{"data":{"user_id":-12345678901234567890}}', '-12345678901234567890'],
    ['{"data":{"user_id":{}}}', null],
    ['{"data":{"user_id":null}}', null],
    [`{"data":{"user_id":"${'1'.repeat(129)}"}}`, null],
  ])('%s', (text, userId) => {
    expect(readErrorInfo(text)).toMatchObject({ userId });
  });

  it('leaves digits inside strings and fractions alone', () => {
    const text =
      '{"error":-112,"message":"order \\"1234567890123456789\\", 12345678901234567890","x":0.12345678901234567890}';
    expect(readErrorInfo(text).message).toBe(`order "${'*'.repeat(19)}", ${'*'.repeat(20)}`);
  });

  it.each([
    ['{"error":-108,"message":"Phone 0901888484 is invalid"}', '-108', 'Phone ********** is invalid'],
    ['{"data":{"user_id":"31215806834323092"},"err', null, `{"data":{"user_id":"${'*'.repeat(17)}"},"err`],
    ['order 12345678 of 27/05/2021', null, 'order 12345678 of 27/05/2021'],
  ])('of people do not stand in a message: %s', (text, code, message) => {
    expect(readErrorInfo(text)).toMatchObject({ code, message });
  });
});

function info(code: string | null, message: string | null): ErrorInfo {
  return { ...NOTHING, code, message };
}
