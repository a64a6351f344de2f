import { urlBeginning, withoutPersons, withoutSecrets } from '../domain/hidden-text.js';
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

/** A text that somebody else's code or system wrote, as a caller may see it: persons need `pii`, secrets `operate`. */
export function textFor({ scopes }: Caller, text: string): string {
  const shown = scopes.has('operate') ? text : withoutSecrets(text);
  return scopes.has('pii') ? shown : withoutPersons(shown);
}

/** A URL as a caller may see it: its path and query are often a secret, so they need `operate`. */
export function urlFor({ scopes }: Caller, url: string): string {
  return scopes.has('operate') ? url : urlBeginning(url);
}
