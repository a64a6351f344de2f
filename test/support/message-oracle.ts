import type { Instant } from '../../src/domain/clock.js';
import { type Failure, NO_REPORT } from '../../src/domain/failure.js';
import {
  type Counters,
  countersOf,
  type MessageState,
  positionOf,
  silentSince,
  timesOf,
} from '../../src/domain/message-state.js';
import type { Amount } from '../../src/domain/money.js';
import type { Recipient } from '../../src/domain/recipient.js';
import type { Report } from '../../src/domain/report.js';
import type { Outcome, State } from '../../src/domain/standing.js';

/** What everybody can see of a message that its reports decide. */
export interface Visible {
  state: State;
  outcome: Outcome | null;
  error: Failure | null;
  counters: Counters;
  price: Amount | null;
  recipient: Recipient | null;
  channel: string | null;
  typeId: string | null;
  requestId: string | null;
  telcoId: string | null;
  contradicted: boolean;
  anomalies: readonly string[];
  sentAt: Instant | null;
  reportedAt: Instant | null;
  createdAt: Instant | null;
  updatedAt: Instant | null;
  silentSince: Instant | null;
}

/** What is stored of a message besides its reports. */
export type StoredFacts = Pick<MessageState, 'closedAt' | 'registeredAt' | 'registrationChangedAt' | 'scheduledFor'>;

/**
 * Design §3 once more, word by word, from the set of the reports and with no thought of speed: it shares nothing with
 * the merge, so that both being wrong in the same way would be a strange chance.
 */
export function expectedOf(reports: readonly Report[], stored: StoredFacts): Visible {
  const standing = greatest(reports, () => true);
  const state = standing?.standing.state ?? null;
  const isFinal = state === 'reported';
  const isClosed = stored.closedAt !== null && !isFinal;
  const outcome = isClosed ? 'unknown' : (standing?.standing.outcome ?? null);
  const withOutcome = reports.filter((each) => each.standing.state === state && each.standing.outcome === outcome);
  const value = <Name extends keyof Report>(name: Name): Report[Name] | null =>
    greatest(reports, (report) => report[name] !== null)?.[name] ?? null;
  const channel =
    greatest(reports, ({ typeId, channel: each }) => typeId !== null && each !== 'unrecognised') ??
    greatest(reports, ({ typeId }) => typeId !== null);
  const reportedAt = isClosed ? stored.closedAt : isFinal ? minimum(withOutcome.map(firstTime)) : null;
  const sentAt = minimum(reports.filter((each) => each.standing.state === 'sent').map(firstTime));
  return {
    state: isClosed ? 'reported' : (state ?? 'pending'),
    outcome,
    error: isClosed ? NO_REPORT : (greatest(withOutcome, ({ error }) => error !== null)?.error ?? null),
    counters: {
      receivers: value('receivers'),
      sent: value('sent'),
      succeeded: state === null ? null : (standing?.standing.succeeded ?? null),
      failed: state === null ? null : (standing?.standing.failed ?? null),
    },
    price: value('price'),
    recipient: expectedRecipient(reports),
    channel: channel?.channel ?? null,
    typeId: channel?.typeId ?? null,
    requestId: value('requestId'),
    telcoId: value('telcoId'),
    contradicted: isFinal && expectedContradiction(reports, standing as Report),
    anomalies: expectedAnomalies(reports),
    sentAt: sentAt !== null && reportedAt !== null && sentAt > reportedAt ? null : sentAt,
    reportedAt,
    createdAt: minimum([...reports.map(firstTime), ...given(stored.registeredAt)]),
    updatedAt: maximum([
      ...reports.map(({ receivedAt }) => receivedAt),
      ...given(stored.registrationChangedAt),
      ...(isClosed ? given(stored.closedAt) : []),
    ]),
    silentSince: isFinal || isClosed ? null : expectedSilence(reports, stored),
  };
}

/** The same of a row. */
export function visibleOf(row: MessageState): Visible {
  const { facts } = row;
  const isEmpty = row.firstReportAt === null && row.registeredAt === null;
  const never = { createdAt: null, updatedAt: null, sentAt: null, reportedAt: null };
  return {
    ...positionOf(row),
    counters: countersOf(row),
    price: facts.price?.value ?? null,
    recipient: facts.recipient?.value ?? null,
    channel: facts.channel?.value.channel ?? null,
    typeId: facts.channel?.value.typeId ?? null,
    requestId: facts.requestId?.value ?? null,
    telcoId: facts.telcoId?.value ?? null,
    contradicted: row.contradicted,
    anomalies: row.anomalies,
    ...(isEmpty ? never : timesOf(row)),
    silentSince: silentSince(row),
  };
}

/** Negative where `a` counts less than `b`: state, progress, source, time, digest. */
export function compareEvidence(a: Report, b: Report): number {
  const states = [null, 'pending', 'sent', 'reported'];
  const sources = ['callback', 'poll'];
  return (
    states.indexOf(a.standing.state) - states.indexOf(b.standing.state) ||
    a.standing.progress[0] - b.standing.progress[0] ||
    a.standing.progress[1] - b.standing.progress[1] ||
    sources.indexOf(a.source) - sources.indexOf(b.source) ||
    compareText(a.receivedAt, b.receivedAt) ||
    compareText(a.digest, b.digest)
  );
}

export function greatest(reports: readonly Report[], carries: (report: Report) => boolean): Report | undefined {
  let best: Report | undefined;
  for (const report of reports) {
    if (carries(report) && (best === undefined || compareEvidence(report, best) > 0)) best = report;
  }
  return best;
}

/** Whether two final reports cannot both be true. */
export function disagree(a: Report, b: Report): boolean {
  const [x, y] = [a.standing, b.standing];
  if (x.outcome !== y.outcome || x.succeeded !== y.succeeded || x.failed !== y.failed) return true;
  return a.price !== null && b.price !== null && a.price !== b.price;
}

function expectedContradiction(reports: readonly Report[], standing: Report): boolean {
  const finals = reports.filter((each) => each.standing.state === 'reported');
  const lastPoll = maximum(finals.filter(({ source }) => source === 'poll').map(({ receivedAt }) => receivedAt));
  const heard = finals.filter(
    (each) =>
      each === standing ||
      (each.source === 'poll' ? each.receivedAt === lastPoll : lastPoll === null || each.receivedAt > lastPoll),
  );
  return heard.some((a) => heard.some((b) => disagree(a, b)));
}

function expectedRecipient(reports: readonly Report[]): Recipient | null {
  const best = greatest(reports, ({ recipient }) => recipient !== null)?.recipient ?? null;
  if (best === null || best.kind !== 'zalo_user' || best.value.length !== 15) return best;
  const isWhole = ({ recipient }: Report): boolean =>
    recipient?.kind === 'zalo_user' && recipient.value.length > 15 && recipient.value.startsWith(best.value);
  return greatest(reports, isWhole)?.recipient ?? best;
}

function expectedAnomalies(reports: readonly Report[]): string[] {
  const recognised = reports.filter(({ typeId, channel }) => typeId !== null && channel !== 'unrecognised');
  const hasChanged = new Set(recognised.map(({ channel }) => channel)).size > 1;
  const all = [...reports.flatMap(({ anomalies }) => anomalies), ...(hasChanged ? ['channel_changed'] : [])];
  return [...new Set(all)].toSorted();
}

function expectedSilence(reports: readonly Report[], { registeredAt, scheduledFor }: StoredFacts): Instant | null {
  const callbacks = reports.filter(({ source }) => source === 'callback');
  const level = ({ standing: { state, progress } }: Report): string => `${state} ${progress[0]} ${progress[1]}`;
  const best = greatest(callbacks, () => true);
  const furthest = callbacks.filter((each) => best !== undefined && level(each) === level(best));
  const since = minimum(furthest.map(({ receivedAt }) => receivedAt));
  return maximum([...given(registeredAt), ...given(scheduledFor), ...given(since)]);
}

const firstTime = ({ firstReceivedAt }: Report): Instant => firstReceivedAt;
const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
const given = (time: Instant | null): Instant[] => (time === null ? [] : [time]);
const minimum = (times: readonly Instant[]): Instant | null => times.toSorted()[0] ?? null;
const maximum = (times: readonly Instant[]): Instant | null => times.toSorted().at(-1) ?? null;
