import { normalisePhone, type Recipient } from '../domain/recipient.js';

/** The recipient of a channel that reaches phones only: long digits are a foreign number there, never a Zalo id. */
export function phoneRecipient(text: string | null): Recipient | null {
  if (text === null) return null;
  const phone = normalisePhone(text);
  return phone === null ? { kind: 'other', value: text } : { kind: 'phone', value: phone };
}
