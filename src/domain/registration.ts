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
  /** When silence closed it, while no message was linked to it; null for an open one and for a linked one. */
  closedAt: Instant | null;
}

/** What begins the subject of events about registrations; no SMSID that we keep begins so. */
export const REGISTRATION_SUBJECT = 'registration:';

/** What an event is about that tells of a registration no message was linked to: `registration:` and its id. */
export function registrationSubject(id: string): string {
  return `${REGISTRATION_SUBJECT}${id}`;
}

/** The SMSID that is the subject of an event; null where that is a registration. */
export function smsIdOfSubject(subject: string): string | null {
  return subject.startsWith(REGISTRATION_SUBJECT) ? null : subject;
}
