/** An amount of VND with exactly four decimals as text, so that no float ever touches it. */
export type Amount = string;

/** The currency of every amount (facts §9: never named beside a price, inferred from the account's balance). */
export const CURRENCY = 'VND';

export const ZERO: Amount = '0.0000';

const WIRE_AMOUNT = /^(\d{1,14})(?:\.(\d{1,4}))?$/;

/** A price as the gateway writes it; null for more than 14 integer digits or 4 decimals, a sign, an exponent, or no number. */
export function parseAmount(text: string): Amount | null {
  const [, whole, decimals = ''] = WIRE_AMOUNT.exec(text) ?? [];
  return whole === undefined ? null : `${BigInt(whole)}.${decimals.padEnd(4, '0')}`;
}

const unitsOf = (amount: Amount): bigint => BigInt(amount.replace('.', ''));

/** `a − b`, exact; may be negative. */
export const subtract = (a: Amount, b: Amount): Amount => amountOf(unitsOf(a) - unitsOf(b));

/** `a + b`, exact. */
export const add = (a: Amount, b: Amount): Amount => amountOf(unitsOf(a) + unitsOf(b));

function amountOf(units: bigint): Amount {
  const digits = String(units < 0n ? -units : units).padStart(5, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}
