import type { Channel } from '../domain/channel.js';
import type { Instant } from '../domain/clock.js';
import type { Recipient } from '../domain/recipient.js';

/** What a company tells about a message, before or after it sends: at least one of the first three. */
export interface RegistrationRequest {
  smsId: string | null;
  requestId: string | null;
  /** The company's own name for the message. */
  ref: string | null;
  channel: Channel | null;
  recipient: Recipient | null;
  scheduledFor: Instant | null;
  metadata: Record<string, unknown> | null;
}
