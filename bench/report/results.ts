import type { LedgerLatency } from '../load/ledger-latency.js';
import type { DispatchResults } from '../rounds/dispatch-rounds.js';
import { COMPARED_CONNECTIONS } from '../options.js';
import { type Measurement, microsecondsEach } from '../rounds/measurement.js';

/** What a run found. */
export interface Results {
  /** Medians, in the order in which they were measured. */
  measurements: readonly Measurement[];
  ledgerLatency: LedgerLatency | null;
  dispatch: DispatchResults | null;
  /** Messages in the filled database; 0 where that run was left out. */
  stored: number;
  rounds: number;
  seconds: number;
  /** Where and with what it ran, a line each. */
  conditions: readonly string[];
}

/** One figure divided by another, both at the number of connections that is compared. */
export interface Ratio {
  label: string;
  /** Callbacks a second by callbacks a second. */
  byRate: number;
  /** The other's processor time a callback by its own: what an undisturbed machine comes close to. */
  byProcessorTime: number;
}

const RATIOS = [
  { label: 'ours / plain', of: 'ours', to: 'plain' },
  { label: 'with billing and CRM / plain', of: 'everything', to: 'plain' },
  { label: 'ours / one SQL statement', of: 'ours', to: 'statement' },
  { label: 'ours / our rows, and nothing else', of: 'ours', to: 'rows' },
  { label: 'our rows, and nothing else / plain', of: 'rows', to: 'plain' },
  { label: 'our rows, and nothing else / bare Fastify', of: 'rows', to: 'bare' },
  { label: 'ours / bare Fastify', of: 'ours', to: 'bare' },
  { label: 'ours without a database / bare Fastify', of: 'pipeline', to: 'bare' },
  { label: 'filled database / empty', of: 'filled', to: 'empty' },
];

/** The measurement of a subject at the number of connections that is compared. */
export function compared({ measurements }: Results, subject: string): Measurement | null {
  return measurements.find((each) => each.subject === subject && each.connections === COMPARED_CONNECTIONS) ?? null;
}

/** Every ratio of which both figures were measured. */
export function ratiosOf(results: Results): Ratio[] {
  return RATIOS.flatMap(({ label, of, to }) => {
    const [one, other] = [compared(results, of), compared(results, to)];
    if (one === null || other === null) return [];
    const byProcessorTime = microsecondsEach(other) / microsecondsEach(one);
    return [{ label, byRate: one.perSecond / other.perSecond, byProcessorTime }];
  });
}
