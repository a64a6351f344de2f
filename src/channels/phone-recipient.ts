import { type Recipient, recipientOf } from '../domain/recipient.js';

/** The recipient of a channel that reaches phones only: long digits are a foreign number there, never a Zalo id. */
export function phoneRecipient(text: string | null): Recipient | null {
  if (text === null) return null;
  const recipient = recipientOf(text);
  return recipient.kind === 'zalo_user' ? { ...recipient, kind: 'other' } : recipient;
}
