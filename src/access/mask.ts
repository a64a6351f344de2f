import type { Recipient } from '../domain/recipient.js';
import type { Caller } from './caller.js';

const SHOWN = 2;

/** A value with its first and last two characters, the rest stars: `09******84`. */
export function mask(value: string): string {
  if (value.length <= SHOWN * 2) return '*'.repeat(value.length);
  return `${value.slice(0, SHOWN)}${'*'.repeat(value.length - SHOWN * 2)}${value.slice(-SHOWN)}`;
}

/** A recipient as a caller may see it. */
export function recipientFor({ scopes }: Caller, recipient: Recipient | null): Recipient | null {
  return recipient === null || scopes.has('pii') ? recipient : { ...recipient, value: mask(recipient.value) };
}
