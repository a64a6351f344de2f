import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storableMetadata } from '../../src/messages/metadata.js';

class Order {
  constructor(readonly id: number) {}
}

const cycle: Record<string, unknown> = {};
cycle['again'] = cycle;

describe('storableMetadata', () => {
  it.each([
    ['a day', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
    ['an instance', { order: new Order(1) }, { order: { id: 1 } }],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['what is not said', { a: undefined, b: null }, { b: null }],
    ['minus zero', { a: -0 }, { a: 0 }],
  ])('takes %s', (_what, given, stored) => {
    const metadata = storableMetadata(given);
    expect(metadata).toStrictEqual(stored);
    expect(storableMetadata(metadata)).toStrictEqual(metadata);
  });

  it.each([
    [{ a: 2 ** 53 }, 'metadata.a: a number that cannot be kept exactly; give it as text'],
    [{ a: [Number.NaN] }, 'metadata.a[0]: a number that cannot be kept exactly; give it as text'],
    [{ a: Number.NEGATIVE_INFINITY }, 'metadata.a: a number that cannot be kept exactly; give it as text'],
    [{ a: 5n }, 'metadata.a: no JSON'],
    [{ a: new Map([[1, 2]]), b: () => 1 }, 'metadata.a: no JSON; metadata.b: no JSON'],
    [{ a: [undefined] }, 'metadata.a[0]: no JSON'],
    [{ a: Object.assign([], { 2: 1 }) }, 'metadata.a[0]: no JSON; metadata.a[1]: no JSON'],
    [{ a: Symbol('x') }, 'metadata.a: no JSON'],
    [{ a: /x/ }, 'metadata.a: no JSON'],
    [{ a: 'x\ud800' }, 'metadata.a: no NUL characters and no broken surrogates'],
    [cycle, 'metadata: at most 32 levels'],
    [{ a: 'x'.repeat(16_384) }, 'metadata: at most 16384 characters as JSON'],
    [new Map(), 'metadata: no JSON'],
  ])('refuses by its path what is no JSON: %#', (given, problem) => {
    expect(() => storableMetadata(given)).toThrow(problem);
  });

  it('keeps JSON as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (given) => {
        const json = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
        let stored: Record<string, unknown> | null = null;
        try {
          stored = storableMetadata(json);
        } catch (error) {
          expect(String(error)).toMatch(/exactly|__proto__|surrogates|levels/);
        }
        if (stored !== null) expect(JSON.stringify(stored)).toBe(JSON.stringify(json));
      }),
    );
  });
});
