import type { Channel } from './channel.js';
import type { Instant } from './clock.js';
import type { Recipient } from './recipient.js';

/** What the company told us about a message: a fact of its own, linked to at most one message, never merged into it. */
export interface Registration {
  account: string;
  /** The SMSID the company stated, once it knew. */
  smsId: string | null;
  requestId: string | null;
  ref: string | null;
  channel: Channel | null;
  recipient: Recipient | null;
  scheduledFor: Instant | null;
  metadata: Record<string, unknown> | null;
  registeredAt: Instant;
  /** When it last got a new field. */
  changedAt: Instant;
}
