import type { MessageView } from './message-view.js';
import type { Recipient } from './recipient.js';
import { receiversOf } from './standing.js';

/**
 * Whom an outcome says something about. A phone number in a callback does not prove a message with one recipient (a
 * sample has 2 receivers and one number): the named one is meant only where there is one receiver, or where all
 * receivers share the outcome. Null otherwise, and for a recipient that names no person.
 */
export function attributedRecipient({ recipient, outcome, counters }: MessageView): Recipient | null {
  if (recipient === null || recipient.kind === 'other' || outcome === null) return null;
  if (receiversOf(counters) === 1) return recipient;
  const isShared =
    outcome === 'rejected' ||
    (outcome === 'delivered' && counters.failed === 0) ||
    (outcome === 'undelivered' && counters.succeeded === 0);
  return isShared ? recipient : null;
}
