import { identifierOf } from './identifier.js';

/**
 * Who a message went to: a phone in its local form (`0901888484`), a Zalo user id, or something else: an international
 * number (`+14155552671`), a hotline, a hash.
 */
export interface Recipient {
  kind: 'phone' | 'zalo_user' | 'other';
  value: string;
}

/** As the gateway writes them, and as they are stored. */
const LOCAL = /^0[235789]\d{8,9}$/;

/**
 * A Vietnamese number without its separators: after +84, 0084, 84 (a further 0 is a common slip) or 0, nine digits
 * (mobile) or ten (fixed line). A mobile number may lack its 0: spreadsheets drop it, and the gateway takes it so (its
 * error -108).
 */
const PHONE = /^(?:(?:\+|00)?840?|0)([235789]\d{8,9})$|^([35789]\d{8})$/;

/** A number of any country (E.164: at most 15 digits). */
const INTERNATIONAL = /^(?:\+|00)([1-9]\d{6,14})$/;

/** A short code, a hotline, or a number without its country: too short for a Zalo id. */
const OTHER_NUMBER = /^\d{3,14}$/;

/** Zalo user ids: 15 to 20 digits in every sample; 15 is a cut one (facts §1.3). */
const ZALO_USER = /^\d{15,20}$/;

const CUT_ZALO_ID_LENGTH = 15;

/** What comes along when a number is copied: a label or scheme (`tel:`, `SĐT:`), quotes and `=` of a spreadsheet. */
const LABEL = /^[\p{L} .]{1,20}: *(?:\/\/)?/u;
const WRAPPING = /^[='"`\u2018-\u201F<]+|['"`\u2018-\u201F>]+$/g;

/** No comma, semicolon or slash: people write two numbers with these. */
const SEPARATORS = /[\s.()[\]_\u00B7\u2022\u2212\p{Pd}]/gu;

/** The 0 that is dialled only within the country: `+84 (0)912 345 678`. */
const TRUNK_ZERO = /(?<=^[( ]*(?:\+|00).*)\( *0 *\)/;

/**
 * Whom a text names, in the one form for all its spellings: registrations, callbacks, look-ups and filters all ask here.
 * A phone before a Zalo id before anything else.
 */
export function recipientOf(text: string): Recipient {
  if (LOCAL.test(text)) return { kind: 'phone', value: text };
  const plain = identifierOf(text);
  const bare = plain.replaceAll(WRAPPING, '').replace(LABEL, '').replaceAll(WRAPPING, '').trim();
  if (ZALO_USER.test(bare)) return { kind: 'zalo_user', value: bare };
  const number = bare.replace(TRUNK_ZERO, '').replaceAll(SEPARATORS, '');
  const [, national, mobile] = PHONE.exec(number) ?? [];
  if (national !== undefined || mobile !== undefined) return { kind: 'phone', value: `0${national ?? mobile}` };
  const abroad = INTERNATIONAL.exec(number)?.[1];
  if (abroad !== undefined) return { kind: 'other', value: `+${abroad}` };
  return { kind: 'other', value: OTHER_NUMBER.test(number) ? number : plain };
}

/** Whether `short` is a Zalo id that the gateway cut to 15 characters, and `whole` the id it begins. */
export function isCutOf(short: Recipient, whole: Recipient): boolean {
  const mayBeCut = short.kind === 'zalo_user' && short.value.length === CUT_ZALO_ID_LENGTH;
  const isLonger = whole.kind === 'zalo_user' && whole.value.length > short.value.length;
  return mayBeCut && isLonger && whole.value.startsWith(short.value);
}

/** Whether both name the same person in the same way. */
export function sameRecipient(a: Recipient | null, b: Recipient | null): boolean {
  return a?.kind === b?.kind && a?.value === b?.value;
}
