import type { Instant } from '../domain/clock.js';
import type { UnkeepableReason } from './decode-callback.js';

/** A callback whose token was good. */
export interface AuthenticatedCallback {
  account: string;
  /** The bytes after the question mark, as they came. */
  query: Buffer;
  receivedAt: Instant;
}

/** Why a callback is in quarantine; `unstorable`: the database refuses it for good. */
export type QuarantineReason = UnkeepableReason | 'unstorable';

/** A quarantined callback as people see it. */
export interface QuarantineItem {
  id: string;
  account: string;
  /** When it came. */
  receivedAt: Instant;
  /** When it was stored: later, where it waited in the spool. */
  recordedAt: Instant;
  reason: QuarantineReason;
  /** The query string as it came; null for those who may not see recipients. */
  raw: string | null;
  /** The SMSID it was kept under later. */
  replayedAs: string | null;
}
