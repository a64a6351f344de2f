import type { Anomaly } from './anomaly.js';
import type { Channel } from './channel.js';
import type { Instant } from './clock.js';
import type { Failure } from './failure.js';
import {
  type Counters,
  countersOf,
  emptyMessage,
  type MessageState,
  positionOf,
  reportedChannel,
  timesOf,
} from './message-state.js';
import { type Amount, CURRENCY } from './money.js';
import type { Recipient } from './recipient.js';
import type { Registration } from './registration.js';
import { contradictsRegistration } from './registration-conflict.js';
import type { Outcome, State } from './standing.js';
import { type Telco, telcoOf } from './telco.js';

/** A message as everybody outside sees it: plain JSON, absent is null, ids are strings, money has four decimals. */
export interface MessageView {
  /** null only for a registration that no message was linked to yet. */
  smsId: string | null;
  account: string;
  requestId: string | null;
  /** The company's own name for it, from its registration. */
  ref: string | null;
  channel: Channel | null;
  typeId: string | null;
  state: State;
  outcome: Outcome | null;
  /** Whether the state is reported; a correction may still follow. */
  final: boolean;
  counters: Counters;
  /** The gateway's running total for the message; `amount` is null until a report told one. */
  price: { amount: Amount | null; currency: typeof CURRENCY };
  recipient: Recipient | null;
  telco: Telco | null;
  oaId: string | null;
  templateId: string | null;
  partnerId: string | null;
  /** Most likely the SMSID of the other leg of a Zalo → SMS send (facts §4.2, inferred). */
  switchSmsId: string | null;
  error: Failure | null;
  registered: boolean;
  metadata: Record<string, unknown> | null;
  /** Final reports disagree about it: somebody should ask the gateway. */
  contradicted: boolean;
  anomalies: Anomaly[];
  createdAt: Instant;
  sentAt: Instant | null;
  reportedAt: Instant | null;
  updatedAt: Instant;
}

/** The view of a message and of the registration linked to it, if any. */
export function viewMessage(message: MessageState, registration: Registration | null): MessageView {
  const { facts } = message;
  const position = positionOf(message);
  const telcoId = facts.telcoId?.value ?? null;
  return {
    smsId: message.smsId,
    account: message.account,
    requestId: facts.requestId?.value ?? registration?.requestId ?? null,
    ref: registration?.ref ?? null,
    channel: channelOf(message, registration),
    typeId: facts.channel?.value.typeId ?? null,
    state: position.state,
    outcome: position.outcome,
    final: position.state === 'reported',
    counters: countersOf(message),
    price: { amount: facts.price?.value ?? null, currency: CURRENCY },
    recipient: facts.recipient?.value ?? registration?.recipient ?? null,
    telco: telcoId === null ? null : telcoOf(telcoId),
    oaId: facts.oaId?.value ?? null,
    templateId: facts.templateId?.value ?? null,
    partnerId: facts.partnerId?.value ?? null,
    switchSmsId: facts.switchSmsId?.value ?? null,
    error: position.error,
    registered: registration !== null,
    metadata: registration?.metadata ?? null,
    contradicted: message.contradicted,
    anomalies: contradictsRegistration(message, registration)
      ? [...message.anomalies, 'registration_conflict']
      : [...message.anomalies],
    ...timesOf(message),
  };
}

/** The view of a registration that no message was linked to yet. */
export function viewRegistration(registration: Registration): MessageView {
  const { account, registeredAt, changedAt, scheduledFor, closedAt } = registration;
  const nothing = emptyMessage(account, '');
  const told = { registeredAt, registrationChangedAt: changedAt, scheduledFor, closedAt };
  const view = viewMessage({ ...nothing, ...told }, registration);
  return { ...view, smsId: registration.smsId };
}

/** As reported; as registered where that is not recognised. */
export function channelOf(message: MessageState, registration: Registration | null): Channel | null {
  const reported = reportedChannel(message);
  if (reported !== 'unrecognised') return reported;
  return registration?.channel ?? (message.standing === null ? null : reported);
}
