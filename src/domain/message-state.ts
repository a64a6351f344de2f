import type { Anomaly } from './anomaly.js';
import type { Channel } from './channel.js';
import { earliest, type Instant, latest } from './clock.js';
import { type EvidenceKey, type EvidenceLevel, stateOfKey } from './evidence.js';
import { type Failure, NO_REPORT } from './failure.js';
import type { Amount } from './money.js';
import type { Recipient } from './recipient.js';
import type { Proof } from './report.js';
import type { Outcome, State } from './standing.js';

/** A value with the key of the report that gave it. */
export interface Fact<Value> {
  value: Value;
  key: EvidenceKey;
}

/** What a report may carry besides its standing and error; each fact comes from the best report that carries it. */
export interface FactValues {
  channel: { channel: Channel; typeId: string };
  price: Amount;
  receivers: number;
  sent: number;
  telcoId: string;
  recipient: Recipient;
  requestId: string;
  oaId: string;
  templateId: string;
  partnerId: string;
  switchSmsId: string;
  proof: Proof;
}

/** The facts known of a message. */
export type Facts = { [Name in keyof FactValues]?: Fact<FactValues[Name]> };

/**
 * A message as the set of its reports makes it (design §3), with the key of the report that gave each part, so that
 * the next report can be merged without reading the earlier ones again.
 */
export interface MessageState {
  account: string;
  smsId: string;
  /** From the report with the greatest key; null before the first one. */
  standing: Fact<{ outcome: Outcome | null; succeeded: number; failed: number }> | null;
  /** From the greatest-key report of that same state and outcome which carries one. */
  error: Fact<Failure> | null;
  facts: Facts;
  contradicted: boolean;
  /** Whether a poll was final: the next final report then needs the whole set. */
  polledFinal: boolean;
  anomalies: readonly Anomaly[];
  /** How many distinct reports there are. */
  reports: number;
  firstReportAt: Instant | null;
  lastReportAt: Instant | null;
  firstSentAt: Instant | null;
  /** Of the final outcome that stands. */
  firstFinalAt: Instant | null;
  /** The furthest any callback got, and since when. */
  furthest: { level: EvidenceLevel; since: Instant } | null;
  /** When silence closed it; a stored fact, which only a final report removes: null once there is one. */
  closedAt: Instant | null;
  registeredAt: Instant | null;
  /** When the registration last got a new field. */
  registrationChangedAt: Instant | null;
  scheduledFor: Instant | null;
}

/** A message nothing is known of. */
export function emptyMessage(account: string, smsId: string): MessageState {
  return {
    account,
    smsId,
    standing: null,
    error: null,
    facts: {},
    contradicted: false,
    polledFinal: false,
    anomalies: [],
    reports: 0,
    firstReportAt: null,
    lastReportAt: null,
    firstSentAt: null,
    firstFinalAt: null,
    furthest: null,
    closedAt: null,
    registeredAt: null,
    registrationChangedAt: null,
    scheduledFor: null,
  };
}

/** The state that reports alone decide, closing left aside. */
export function reportedState({ standing }: MessageState): State | null {
  return standing === null ? null : stateOfKey(standing.key);
}

/** Whether silence closed the message and no final report came since. */
export function isClosed({ closedAt }: MessageState): boolean {
  return closedAt !== null;
}

/** The channel that reports tell, as far as we recognise it. */
export function reportedChannel({ facts }: MessageState): Channel {
  return facts.channel?.value.channel ?? 'unrecognised';
}

/** Where the message stands for everybody else: its reports' state, pending while none decides, closed by silence. */
export function positionOf(message: MessageState): { state: State; outcome: Outcome | null; error: Failure | null } {
  if (isClosed(message)) return { state: 'reported', outcome: 'unknown', error: NO_REPORT };
  return {
    state: reportedState(message) ?? 'pending',
    outcome: message.standing?.value.outcome ?? null,
    error: message.error?.value ?? null,
  };
}

/** How many recipients a message had and what became of them; null while no report told. */
export interface Counters {
  receivers: number | null;
  sent: number | null;
  succeeded: number | null;
  failed: number | null;
}

/**
 * The counters of a message: the totals are facts of their own, the results belong to the report that stands, unless
 * that one decides nothing.
 */
export function countersOf(message: MessageState): Counters {
  const { facts, standing } = message;
  const results = reportedState(message) === null ? undefined : standing?.value;
  return {
    receivers: facts.receivers?.value ?? null,
    sent: facts.sent?.value ?? null,
    succeeded: results?.succeeded ?? null,
    failed: results?.failed ?? null,
  };
}

/** The times people see, each from receipts and stored facts, never from the clock of the writer. */
export function timesOf(message: MessageState): {
  createdAt: Instant;
  sentAt: Instant | null;
  reportedAt: Instant | null;
  updatedAt: Instant;
} {
  const reportedAt = isClosed(message) ? message.closedAt : message.firstFinalAt;
  const { firstSentAt } = message;
  const createdAt = earliest(message.firstReportAt, message.registeredAt);
  const lastFact = latest(message.lastReportAt, message.registrationChangedAt);
  const updatedAt = isClosed(message) ? latest(lastFact, message.closedAt) : lastFact;
  if (createdAt === null || updatedAt === null) throw new TypeError(`message ${message.smsId} has no fact at all`);
  return {
    createdAt,
    sentAt: firstSentAt !== null && reportedAt !== null && firstSentAt > reportedAt ? null : firstSentAt,
    reportedAt,
    updatedAt,
  };
}

/** Since when a message that is not final keeps silent; null for one that is final, closed or was never registered. */
export function silentSince(message: MessageState): Instant | null {
  if (message.closedAt !== null || reportedState(message) === 'reported') return null;
  return latest(latest(message.registeredAt, message.scheduledFor), message.furthest?.since ?? null);
}

/** The message closed by silence at a time; itself where it is closed or final already. */
export function closeMessage(message: MessageState, at: Instant): MessageState {
  return message.closedAt !== null || reportedState(message) === 'reported' ? message : { ...message, closedAt: at };
}
