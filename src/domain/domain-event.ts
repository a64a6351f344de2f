import { hash } from 'node:crypto';
import type { Charge } from './charge.js';
import type { Instant } from './clock.js';
import type { MessageChange, PreviousStatus } from './message-change.js';
import type { MessageView } from './message-view.js';
import type { Amount, CURRENCY } from './money.js';
import type { Proof } from './report.js';

/** What a status event tells: where the message stands now, where it stood, and whether something final changed. */
export interface StatusData {
  message: MessageView;
  previous: PreviousStatus;
  /** True when it changes something that was final: bills and records made from the earlier event need mending. */
  correction: boolean;
  /** What a success proves: that the message is on the phone, or only that Zalo took it. */
  proof: Proof | null;
}

/** What a money event tells; the deltas of a message always sum to its total. */
export interface CostData {
  message: MessageView;
  /** 0 where only what the price is counted under changed. */
  delta: Amount;
  total: Amount;
  currency: typeof CURRENCY;
  /** What the price was counted under before, where that changed: sums by it take back the total it has, and count anew. */
  movedFrom?: Charge;
}

/**
 * What a care event about a message tells. A `message.registered` whose message is not registered says that its
 * registration went to a message with the same RequestId that was received earlier.
 */
export interface CareData {
  message: MessageView;
}

/** What is told of a callback that names no message we could keep it under. */
export interface QuarantinedData {
  quarantineId: string;
  reason: string;
  receivedAt: Instant;
}

/** Every event by its short name, which means version 1 for ever; a later version has its number in the name. */
export interface EventData {
  'message.sent': StatusData;
  'message.delivered': StatusData;
  'message.undelivered': StatusData;
  'message.partially_delivered': StatusData;
  'message.rejected': StatusData;
  'message.unknown': StatusData;
  'message.cost_changed': CostData;
  'message.registered': CareData;
  'message.contradicted': CareData;
  'receipt.quarantined': QuarantinedData;
}

/** The short name of an event. */
export type EventType = keyof EventData;

/** All of them, for checks at run time. */
export const EVENT_TYPES = [
  'message.sent',
  'message.delivered',
  'message.undelivered',
  'message.partially_delivered',
  'message.rejected',
  'message.unknown',
  'message.cost_changed',
  'message.registered',
  'message.contradicted',
  'receipt.quarantined',
] as const satisfies readonly EventType[];

/** A fact about a message, as subscribers get it and as the outbox keeps it. */
export interface EsmsEvent<Type extends EventType = EventType> {
  /** Derived from what it is about: a retried transaction makes the same event. */
  id: string;
  type: Type;
  account: string;
  /**
   * The SMSID; of `message.unknown` about a registration that no message was linked to, `registration:` and its id; of
   * `receipt.quarantined` the quarantine item's id.
   */
  subject: string;
  /** Counts the events of one subject from 1; null for an event that belongs to no message. */
  sequence: number | null;
  time: Instant;
  data: EventData[Type];
}

/** A UUID (version 8, its bits from SHA-256) that is always the same for the same parts. */
export function derivedId(...parts: readonly string[]): string {
  const hex = hash('sha256', parts.join('\0'), 'hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The event of one change of a message. */
export function messageEvent(message: MessageView, proof: Proof | null, change: MessageChange): MessageFact {
  switch (change.kind) {
    case 'status': {
      const { becomes, previous, correction } = change;
      const data = { message, previous, correction, proof: message.outcome === 'delivered' ? proof : null };
      return { type: `message.${becomes}`, data };
    }
    case 'cost': {
      const { delta, total, movedFrom } = change;
      const data = { message, delta, total, currency: message.price.currency };
      return { type: 'message.cost_changed', data: movedFrom === null ? data : { ...data, movedFrom } };
    }
    case 'contradicted':
      return { type: 'message.contradicted', data: { message } };
  }
}

/** Type and data of an event about a message, before it has a place in the sequence. */
export type MessageFact = {
  [Type in Exclude<EventType, 'receipt.quarantined'>]: { type: Type; data: EventData[Type] };
}[Exclude<EventType, 'receipt.quarantined'>];
