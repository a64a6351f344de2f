import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorInfo, readErrorInfo } from '../../src/channels/zalo/error-info.js';

const NOTHING: ErrorInfo = { code: null, message: null, userId: null, status: null };
const OBJECT = '{"error":-114,"message":"User is inactive"}';
const OF_OBJECT: ErrorInfo = { ...NOTHING, code: '-114', message: 'User is inactive' };

const percent = (text: string, times: number): string =>
  times === 0 ? text : percent(encodeURIComponent(text), times - 1);
const deep = (depth: number): string => `${'{"data":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
const objectOf = (length: number): string => `{"message":"${'x'.repeat(length - 27)}","error":-114}`.padEnd(length);

describe('bounds', () => {
  it('does not take apart what is longer than 8 KiB', () => {
    expect(readErrorInfo(objectOf(8192))).toMatchObject({ code: '-114', message: 'x'.repeat(500) });
    expect(readErrorInfo(objectOf(8193)).message).toMatch(/^\{"message":"x{488}$/);
  });

  it('does not take apart what is nested deeper than 32 levels', () => {
    expect(readErrorInfo(deep(32))).toEqual(NOTHING);
    expect(readErrorInfo(deep(33))).toEqual({ ...NOTHING, message: deep(33) });
    expect(readErrorInfo(deep(800)).message).toBe(deep(800).slice(0, 500));
  });

  it('takes off four layers and no more', () => {
    expect(readErrorInfo(percent(OBJECT, 4))).toEqual(OF_OBJECT);
    expect(readErrorInfo(percent(OBJECT, 5))).toEqual({ ...NOTHING, message: percent(OBJECT, 1) });
  });

  it.each([8_000, 32_000])('needs little time for %i hostile characters', (length) => {
    const words = String.raw`{ [ " \ \" _ % %2 %22 %FF %25 - 9 1e error error: {" {"\" "\" {} {"a":`.split(' ');
    const seeds = [...words, ' ', 'error ', '__24/04/2024 16:58:01', '{"a":"\\\n', '\0', '\ud800'];
    const hostile = seeds.flatMap((seed) => {
      const run = seed.repeat(length / seed.length);
      return [run, `{"a":${run}`, `"${run}"`, `{"message":"${run}`, `${run}____24/04/2024 16:58:0`];
    });
    const slow = hostile.filter((text) => fastestOf(3, text) > 20);
    expect(slow.map((text) => text.slice(0, 20))).toEqual([]);
  });
});

describe('whatever comes', () => {
  const signs = String.raw`{ } [ ] " \ \" : , error message data user_id -114 0 % %22 %7B %7D %2522 %FF null`.split(
    ' ',
  );
  const pieces = [...signs, ' ', '____24/04/2024 16:58:01', '\0', '\ud800', '9'.repeat(20)];
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join('')),
    fc.json(),
    fc.tuple(fc.json(), fc.nat(4)).map(([json, times]) => percent(json, times)),
  );

  it('never throws, and every part is bounded and can be stored', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const { code, message, userId, status } = readErrorInfo(text);
        expect(code ?? '0').toMatch(/^-?\d{1,20}$/);
        expect(status === null || Number.isInteger(status)).toBe(true);
        for (const part of [message, userId]) {
          expect(part ?? 'x').toMatch(/^[^\0\p{Surrogate}]{1,500}$/su);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('finds the same through any layers', () => {
    const layers: Record<string, (text: string) => string> = {
      percent: encodeURIComponent,
      uri: encodeURI,
      literal: (text) => JSON.stringify(text),
      time: (text) => `${text}____24/04/2024 16:58:01`,
    };
    const message = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => `m${text}m`);
    const wrapped = fc.tuple(
      fc.integer(),
      message,
      fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }),
      fc.array(fc.constantFrom(...Object.keys(layers)), { maxLength: 4 }),
    );
    fc.assert(
      fc.property(wrapped, ([error, words, id, names]) => {
        fc.pre(!/\0/.test(words));
        const object = `{"data":{"user_id":${id}},"error":${error},"message":${JSON.stringify(words)}}`;
        const text = names.reduce((inner, name) => layers[name]?.(inner) ?? inner, object);
        fc.pre(text.length <= 8192);
        expect(readErrorInfo(text)).toEqual({ ...NOTHING, code: String(error), message: words, userId: String(id) });
      }),
      { numRuns: 2000 },
    );
  });
});

function fastestOf(times: number, text: string): number {
  return Math.min(
    ...Array.from({ length: times }, () => {
      const start = performance.now();
      readErrorInfo(text);
      return performance.now() - start;
    }),
  );
}
