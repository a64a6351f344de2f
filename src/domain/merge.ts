import type { Anomaly } from './anomaly.js';
import { earliest, latest } from './clock.js';
import { type EvidenceKey, evidenceKey, evidenceLevel, stateOfKey } from './evidence.js';
import type { Failure } from './failure.js';
import { channelOf, greater, mergeFacts, needsAllRecipients } from './merge-facts.js';
import { emptyMessage, type MessageState, reportedChannel } from './message-state.js';
import type { Report } from './report.js';

type Standing = NonNullable<MessageState['standing']>;

/**
 * Merges one more report into a message. The result is what {@link deriveMessage} makes of the whole set, or null
 * where the earlier reports must be read again to know it. The report must be new to the message: a copy decides
 * nothing, unless it came earlier than what we have (or, a poll, later), and then the message is derived again.
 */
export function mergeReport(message: MessageState, report: Report): MessageState | null {
  return needsWholeSet(message, report) ? null : absorb(message, report);
}

/**
 * The message that a set of distinct reports makes, on top of what else is stored of it (`stored` gives account,
 * SMSID, closing and registration; its reported parts are ignored).
 */
export function deriveMessage(stored: MessageState, reports: readonly Report[]): MessageState {
  const { closedAt, registeredAt, registrationChangedAt, scheduledFor } = stored;
  const told = { closedAt, registeredAt, registrationChangedAt, scheduledFor };
  const nothing = { ...emptyMessage(stored.account, stored.smsId), ...told };
  const ranked = reports.toSorted((a, b) => (evidenceKey(a) < evidenceKey(b) ? 1 : -1));
  return { ...ranked.reduce(absorb, nothing), contradicted: isContradicted(ranked) };
}

/**
 * Whether the merge of this report depends on more than the row remembers: a second final report that disagrees, any
 * final report once a poll was one, and a second recipient where a Zalo id, which may be a cut one, is involved.
 */
function needsWholeSet(message: MessageState, report: Report): boolean {
  const known = message.facts.recipient?.value ?? null;
  return needsAllRecipients(known, report.recipient) || reopensResult(message, report);
}

function reopensResult(message: MessageState, report: Report): boolean {
  const { standing, facts } = message;
  if (report.standing.state !== 'reported' || standing === null || stateOfKey(standing.key) !== 'reported')
    return false;
  if (report.source === 'poll' || message.polledFinal) return true;
  const { outcome, succeeded, failed } = standing.value;
  const agrees =
    report.standing.outcome === outcome &&
    report.standing.succeeded === succeeded &&
    report.standing.failed === failed &&
    (report.price === null || report.price === facts.price?.value);
  return !agrees;
}

/** Right for a report that {@link needsWholeSet} lets pass, and for a whole set with the greatest key first. */
function absorb(message: MessageState, report: Report): MessageState {
  const key = evidenceKey(report);
  const { state, outcome, succeeded, failed } = report.standing;
  const own: Standing = { value: { outcome, succeeded, failed }, key };
  const standing = greater(message.standing, own);
  // Error and first final time belong to the state and outcome that stand: reports of another have no say in them.
  const stood = message.standing !== null && sameResult(message.standing, standing) ? message : null;
  const hasSay = sameResult(own, standing);
  const isFinal = state === 'reported';
  // Every part by name: spreading an object of this size takes longer than all the rest (measured on Node 20).
  return {
    account: message.account,
    smsId: message.smsId,
    standing,
    error: mergeError(stood?.error ?? null, hasSay ? report.error : null, key),
    facts: mergeFacts(message.facts, report, key),
    contradicted: message.contradicted,
    polledFinal: message.polledFinal || (isFinal && report.source === 'poll'),
    anomalies: mergeAnomalies(message, report),
    reports: message.reports + 1,
    firstReportAt: earliest(message.firstReportAt, report.firstReceivedAt),
    lastReportAt: latest(message.lastReportAt, report.receivedAt),
    firstSentAt: earliest(message.firstSentAt, state === 'sent' ? report.firstReceivedAt : null),
    firstFinalAt: earliest(stood?.firstFinalAt ?? null, hasSay && isFinal ? report.firstReceivedAt : null),
    furthest: mergeFurthest(message.furthest, report),
    closedAt: isFinal ? null : message.closedAt,
    registeredAt: message.registeredAt,
    registrationChangedAt: message.registrationChangedAt,
    scheduledFor: message.scheduledFor,
  };
}

function sameResult(a: Standing, b: Standing): boolean {
  return stateOfKey(a.key) === stateOfKey(b.key) && a.value.outcome === b.value.outcome;
}

function mergeError(known: MessageState['error'], offered: Failure | null, key: EvidenceKey): MessageState['error'] {
  return offered === null ? known : greater(known, { value: offered, key });
}

function mergeAnomalies(message: MessageState, report: Report): readonly Anomaly[] {
  const known = reportedChannel(message);
  const named = channelOf(report)?.channel ?? 'unrecognised';
  const hasChanged = known !== 'unrecognised' && named !== 'unrecognised' && known !== named;
  const offered: readonly Anomaly[] = hasChanged ? [...report.anomalies, 'channel_changed'] : report.anomalies;
  if (offered.length === 0) return message.anomalies;
  return [...new Set([...message.anomalies, ...offered])].toSorted();
}

function mergeFurthest(known: MessageState['furthest'], report: Report): MessageState['furthest'] {
  if (report.source === 'poll') return known;
  const offered = { level: evidenceLevel(report), since: report.receivedAt };
  if (known === null || known.level < offered.level) return offered;
  return known.level > offered.level || known.since <= offered.since ? known : offered;
}

/**
 * Whether somebody should ask (design §3): more than one distinct result, or more than one distinct price, among the
 * final callbacks received since the latest final poll, that poll, and the report that stands.
 * `ranked`: greatest key first.
 */
function isContradicted(ranked: readonly Report[]): boolean {
  const finals = ranked.filter(({ standing }) => standing.state === 'reported');
  const polls = finals.filter(({ source }) => source === 'poll');
  const settledAt = polls.map(({ receivedAt }) => receivedAt).reduce(latest, null) ?? '';
  const heard = finals.filter(
    (report, index) =>
      index === 0 || report.receivedAt > settledAt || (report.source === 'poll' && report.receivedAt === settledAt),
  );
  const results = heard.map(({ standing: { outcome, succeeded, failed } }) => `${outcome} ${succeeded} ${failed}`);
  const prices = heard.flatMap(({ price }) => price ?? []);
  return new Set(results).size > 1 || new Set(prices).size > 1;
}
