import type { Anomaly } from './anomaly.js';
import type { Channel } from './channel.js';
import type { Instant } from './clock.js';
import type { Failure } from './failure.js';
import type { Amount } from './money.js';
import type { Recipient } from './recipient.js';
import type { Standing } from './standing.js';

/** What a success of a channel proves: that the message is on the phone, or only that the channel took it. */
export type Proof = 'on_device' | 'accepted';

/**
 * A receipt in our words: what the gateway said about one message, whichever way it said it. Every field may be
 * absent (null): the channel decides which are there, and an unreadable one counts as absent.
 */
export interface ReportContent {
  standing: Standing;
  /** The gateway's status as it came, for people to read. */
  sendStatus: string | null;
  typeId: string | null;
  channel: Channel;
  receivers: number | null;
  sent: number | null;
  price: Amount | null;
  telcoId: string | null;
  recipient: Recipient | null;
  requestId: string | null;
  oaId: string | null;
  templateId: string | null;
  partnerId: string | null;
  switchSmsId: string | null;
  error: Failure | null;
  /** null where the report claims no success. */
  proof: Proof | null;
  anomalies: readonly Anomaly[];
}

/** A report with the facts of its coming. Its identity within a message is (source, digest). */
export interface Report extends ReportContent {
  account: string;
  smsId: string;
  source: 'callback' | 'poll';
  /** When we received it: the earliest copy of a callback, the latest asking of a poll. */
  receivedAt: Instant;
  /** The earliest copy, or the first asking. */
  firstReceivedAt: Instant;
  /** Hex digest of the canonical parameters: names lower-cased, sorted, once decoded. */
  digest: string;
}
