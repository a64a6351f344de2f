import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAmount, subtract, ZERO } from '../../src/domain/money.js';

const SCALE = 10_000n;

describe('parseAmount', () => {
  it.each([
    ['0.0000', '0.0000'],
    ['0', '0.0000'],
    ['470.0000', '470.0000'],
    ['696987.0000', '696987.0000'],
    ['330.0', '330.0000'],
    ['850', '850.0000'],
    ['0.0001', '0.0001'],
    ['00850.5', '850.5000'],
    ['99999999999999.9999', '99999999999999.9999'],
  ])('%s is %s', (text, amount) => {
    expect(parseAmount(text)).toBe(amount);
  });

  it.each([
    '',
    ' ',
    '.5',
    '5.',
    '-1',
    '+1',
    '1e3',
    '1,000',
    '1.000,0000',
    '0x10',
    'NaN',
    'Infinity',
    '1.00001',
    '100000000000000',
    ' 1',
    '1\n',
    '١',
  ])('%j is unreadable', (text) => {
    expect(parseAmount(text)).toBeNull();
  });

  it('loses nothing that the gateway can write', () => {
    const written = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 14n - 1n }), fc.integer({ min: 0, max: 9999 }));
    fc.assert(
      fc.property(written, ([whole, fraction]) => {
        const text = `${whole}.${String(fraction).padStart(4, '0')}`;
        expect(parseAmount(text)).toBe(text);
      }),
    );
  });
});

describe('subtract', () => {
  it.each([
    ['220.0000', '60.0000', '160.0000'],
    ['60.0000', '220.0000', '-160.0000'],
    ['0.0000', '0.0001', '-0.0001'],
    ['1.0000', '0.0001', '0.9999'],
    ['99999999999999.9999', '0.0000', '99999999999999.9999'],
    ['0.3000', '0.1000', '0.2000'],
    [ZERO, ZERO, '0.0000'],
  ])('%s − %s = %s', (a, b, difference) => {
    expect(subtract(a, b)).toBe(difference);
  });

  it('is the difference of whole numbers, below zero too', () => {
    const units = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n });
    fc.assert(
      fc.property(units, units, (a, b) => {
        const difference = subtract(amountOf(a), amountOf(b));
        expect(difference).toMatch(/^(?!-0\.0000$)-?(0|[1-9]\d*)\.\d{4}$/);
        expect(unitsOf(difference)).toBe(a - b);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives deltas that sum to the last total', () => {
    const totals = fc.array(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), { minLength: 1 });
    fc.assert(
      fc.property(totals, (units) => {
        const amounts = units.map(amountOf);
        const deltas = amounts.map((amount, index) => subtract(amount, amounts[index - 1] ?? ZERO));
        expect(deltas.map(unitsOf).reduce((sum, delta) => sum + delta)).toBe(units.at(-1));
      }),
    );
  });
});

function amountOf(units: bigint): string {
  const absolute = units < 0n ? -units : units;
  return `${units < 0n ? '-' : ''}${absolute / SCALE}.${String(absolute % SCALE).padStart(4, '0')}`;
}

function unitsOf(amount: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)\.(\d{4})$/.exec(amount) ?? [];
  const absolute = BigInt(whole) * SCALE + BigInt(fraction);
  return sign === '-' ? -absolute : absolute;
}
