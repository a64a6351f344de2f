import type { Report } from './report.js';
import type { State } from './standing.js';

/**
 * How much a report counts against another of its message, as text whose order is the order of design §3: state,
 * progress, source, time, digest. Greater wins.
 */
export type EvidenceKey = string;

/** The part of an {@link EvidenceKey} that says how far the message is: state and progress. */
export type EvidenceLevel = string;

const RANKS: Record<State, number> = { pending: 1, sent: 2, reported: 3 };
const COUNT_DIGITS = 11;

/** State and progress of a report. */
export function evidenceLevel({ standing: { state, progress } }: Report): EvidenceLevel {
  const rank = state === null ? 0 : RANKS[state];
  return `${rank}${String(progress[0]).padStart(COUNT_DIGITS, '0')}${progress[1]}`;
}

/** The whole key of a report. */
export function evidenceKey(report: Report): EvidenceKey {
  const source = report.source === 'poll' ? 1 : 0;
  return `${evidenceLevel(report)}${source}${report.receivedAt}${report.digest}`;
}

/** The state that the report with this key decided. */
export function stateOfKey(key: EvidenceKey): State | null {
  return [null, 'pending', 'sent', 'reported'][Number(key[0])] as State | null;
}
