import type { Anomaly } from '../domain/anomaly.js';
import type { Channel } from '../domain/channel.js';
import type { Failure } from '../domain/failure.js';
import type { Amount } from '../domain/money.js';
import type { Recipient } from '../domain/recipient.js';
import type { Proof } from '../domain/report.js';

/** The fields of one gateway answer in our words, readable or null; what could not be read is named in `anomalies`. */
export interface GatewayFields {
  /** The gateway's status as it came. */
  sendStatus: string | null;
  /** The same as a number. */
  status: number | null;
  succeeded: number | null;
  failed: number | null;
  /** Whether one of the two above was there but could not be read. */
  countersUnreadable: boolean;
  receivers: number | null;
  sent: number | null;
  price: Amount | null;
  typeId: string | null;
  telcoId: string | null;
  /** The recipient as the gateway wrote it: a phone in any form, a Zalo user id, or something else. */
  recipient: string | null;
  requestId: string | null;
  /** Undecoded: zero to three layers of percent-encoding and JSON (facts §1.5). */
  errorInfo: string | null;
  oaId: string | null;
  templateId: string | null;
  partnerId: string | null;
  switchSmsId: string | null;
  anomalies: readonly Anomaly[];
}

/** What a channel knows better than the common table: who it was, what went wrong, what a success proves. */
export interface ChannelReading {
  recipient: Recipient | null;
  /** null where the gateway named no failure (a code of 0 is none). */
  error: Failure | null;
  /** What a success of this report proves. */
  successProves: Proof;
}

/** The domain service of one family of channels. Pure: the same fields always read the same, and nothing throws. */
export interface ChannelService {
  readonly channels: readonly Channel[];
  read(fields: GatewayFields): ChannelReading;
}
