import type { Instant } from '../domain/clock.js';
import type { MessageState } from '../domain/message-state.js';
import type { Registration } from '../domain/registration.js';

/** A registration as it is kept. */
export interface StoredRegistration extends Registration {
  id: string;
  /** When its RequestId became known: in this order those of one RequestId get its messages. */
  requestedAt: Instant | null;
  /** The message it is linked to. */
  linkedSmsId: string | null;
  /** The number of the last event about itself. */
  sequence: number;
}

/** A message under the lock of its writer. */
export interface StoredMessage {
  state: MessageState;
  /** Counts the writes; 0 for a message that is not stored yet. */
  version: number;
  /** The number of its last event. */
  sequence: number;
  registration: StoredRegistration | null;
}

/** What names a message, as one text. */
export function messageKey({ account, smsId }: { account: string; smsId: string }): string {
  return `${account}\0${smsId}`;
}
