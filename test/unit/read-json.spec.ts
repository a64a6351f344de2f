import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/app/read-json.js';

const read = (text: string): unknown => readJson(Buffer.from(text));

describe('readJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(read(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['1', '1.0', '100', '1e2', '1E+2', '0.1', '1.50', '-0.0', '0e999', '9007199254740991', '5e-324', '1.5e-7'])(
    'reads %s',
    (number) => {
      expect(read(`{"a":[${number}]}`)).toEqual({ a: [Number(number)] });
    },
  );

  it.each([
    '5308693166941955879',
    '-5308693166941955879',
    '9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1234567890123456789',
    '0.10000000000000001',
    '123456789012345678901234567890',
    '1.00000000000000000000000001',
    `1${'0'.repeat(200_000)}1`,
  ])('reads %s as NaN, wherever it stands', (number) => {
    expect(read(number)).toBeNaN();
    expect(read(`{"a":[1,{"b":${number},"c":2}],"d":"\\"${number}"}`)).toEqual({
      a: [1, { b: Number.NaN, c: 2 }],
      d: `"${number}`,
    });
  });

  it('finds the one number of many that cannot be kept', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (before, after) => {
        const text = `{"before":${JSON.stringify(before)},"here":1e999,"after":[${JSON.stringify(after)}]}`;
        expect(read(text)).toEqual({ ...(JSON.parse(text) as object), here: Number.NaN });
      }),
    );
  });

  it.each([
    ['{"a":1,"a":1}', 'a: given more than once'],
    ['{"ref":"a","metadata":{"x":[0,{"y":1,"\\u0079":2}]}}', 'metadata.x[1].y: given more than once'],
    ['[{"a":1},{"b":{"c":1,"d":2,"c":3}}]', '[1].b.c: given more than once'],
    ['{"__proto__":1,"__proto__":2}', '__proto__: given more than once'],
    ['', 'the body is not valid JSON'],
    ['{"a":01}', 'the body is not valid JSON'],
    ['{"a":NaN}', 'the body is not valid JSON'],
  ])('refuses %s', (text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  it('takes the same key in two objects, and keys of every name as data', () => {
    const text = '{"a":{"a":1},"b":[{"a":1},{"a":2}],"constructor":{"prototype":{"x":1}},"__proto__":{"y":2}}';
    const body = read(text) as Record<string, unknown>;
    expect(JSON.stringify(body)).toBe(text);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
  });

  it('refuses bytes that are not UTF-8, and drops a byte order mark', () => {
    expect(() => readJson(Buffer.from('{"a":"\xd0"}', 'latin1'))).toThrow('the body is not UTF-8');
    expect(read('\uFEFF{"a":1}')).toEqual({ a: 1 });
  });

  it('reads two megabytes of one text, and of nothing but brackets', () => {
    expect(read(JSON.stringify('\\"x'.repeat(500_000)))).toHaveLength(1_500_000);
    const levels = 1_000_000;
    expect(read('['.repeat(levels) + ']'.repeat(levels))).toHaveLength(1);
  });
});
