/** Who a message went to: a phone in its local form (`0901888484`), a Zalo user id, or something else, kept as it came. */
export interface Recipient {
  kind: 'phone' | 'zalo_user' | 'other';
  value: string;
}

/** Vietnamese numbers: a leading 0, 84 or +84, then nine digits (mobile) or ten (fixed line). */
const PHONE = /^(?:\+?84|0)([235789]\d{8,9})$/;

/** Zalo user ids: 15 to 20 digits in every sample; 15 is a cut one (facts §1.3). */
const ZALO_USER = /^\d{15,20}$/;

const CUT_ZALO_ID_LENGTH = 15;

/** The local form of a Vietnamese phone number written in any of its forms; null for anything else. */
export function normalisePhone(text: string): string | null {
  const digits = PHONE.exec(text.replaceAll(/[\s.-]/g, ''))?.[1];
  return digits === undefined ? null : `0${digits}`;
}

/** What a recipient's text is: phone before Zalo id before anything else. */
export function recipientOf(text: string): Recipient {
  const phone = normalisePhone(text);
  if (phone !== null) return { kind: 'phone', value: phone };
  return { kind: ZALO_USER.test(text) ? 'zalo_user' : 'other', value: text };
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
