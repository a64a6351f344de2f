import { type Recipient, recipientOf } from '../../domain/recipient.js';

/** The user id of Zalo's answer as a recipient; null where it is none. */
export function zaloUserOf(userId: string | null): Recipient | null {
  const recipient = userId === null ? null : recipientOf(userId);
  return recipient?.kind === 'zalo_user' ? recipient : null;
}
