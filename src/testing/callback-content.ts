import type { Channel } from '../domain/channel.js';
import type { Outcome } from '../domain/standing.js';
import type { ErrorEncoding, GatewayError } from './error-info-text.js';

/** Where a message can stand in a callback. */
export type CallbackOutcome = 'pending' | 'sent' | Exclude<Outcome, 'unknown'>;

/** What a callback is to say; what is left out is as in the gateway's own samples. */
export interface CallbackContent {
  /** @default a new one each time */
  smsId?: string;
  /** @default 'sms_care' */
  channel?: Exclude<Channel, 'unrecognised'>;
  /** What became of the message; the counters follow. @default 'delivered' */
  outcome?: CallbackOutcome;
  /** How many recipients the message had. @default 1; 2 where it is delivered to a part of them */
  receivers?: number;
  /** The total price in VND, with up to four decimals. @default '0.0000' before it is sent and where it failed */
  price?: string;
  /** A phone, or a Zalo user id: of OA and journey messages the gateway sends the first 15 characters of it. */
  recipient?: string;
  /** The id that you gave with the send. @default '' */
  requestId?: string;
  /** The gateway's number of a carrier, where the channel tells one. */
  telcoId?: string;
  /** Of Zalo. */
  oaId?: string;
  /** Of ZNS. */
  templateId?: string;
  /** Zalo's own id of the message. */
  partnerId?: string;
  /** What a Zalo channel says went wrong. @default code -114 where the outcome is a failure */
  error?: GatewayError;
  /** How that is written; the gateway has three ways. @default as the samples of the channel have it */
  encoding?: ErrorEncoding;
  /** Ends `error_info` of OA and journey messages: `24/04/2024 16:58:01`. */
  errorTime?: string;
  /** Parameters by their wire names, as they go over the wire, percent-encoding included; null leaves one out. */
  wire?: Readonly<Record<string, string | null>>;
}
