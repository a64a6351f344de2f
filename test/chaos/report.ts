import type { ChaosResult } from './chaos-run.js';
import type { ChaosOptions } from './options.js';

const SHOWN = 20;

/** What a person reads after a run. */
export function reportText(options: ChaosOptions, result: ChaosResult): string {
  const { calls, violations, settled } = result;
  const waits = calls.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  const at = (share: number): string => `${(waits[Math.floor(share * (waits.length - 1))] ?? 0).toFixed(0)} ms`;
  const tries = calls.reduce((sum, call) => sum + call.tries, 0);
  return [
    `seed ${options.seed}${options.plant ? `, planted bug ${options.plant}` : ''}, ${options.replicas} replicas behind ${result.edge}${options.pooler ? ' and before PgBouncer' : ''}, ${result.seconds.toFixed(0)} s`,
    `calls: ${calls.length} (${tries} tries), p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}; ends: ${countText(calls.map(({ end, detail }) => (end === 'answered' ? end : `${end} (${detail})`)))}`,
    `done to it: ${entriesText(result.deeds)}; processes ended: ${countText(result.ends)}`,
    ...(result.crashes.size > 0 ? [`crash points hit: ${entriesText(result.crashes)}`] : []),
    `settled: ${settled ? 'yes' : 'NO'}`,
    `violations: ${violations.length === 0 ? '0' : countText(violations.map(({ kind }) => kind))}`,
    ...violations.slice(0, SHOWN).map(({ kind, subject, detail }) => `  ${kind}: ${subject}: ${detail}`),
  ].join('\n');
}

/** What is wrong with a run, in a line. */
export function findingsText({ violations, calls, settled, failures }: ChaosResult): string {
  const ends = calls.flatMap(({ end, detail }) => (end === 'answered' ? [] : [`${end} (${detail})`]));
  const findings = [...violations.map(({ kind }) => kind), ...ends, ...failures, ...(settled ? [] : ['not settled'])];
  return countText(findings);
}

function countText(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const each of all) counts.set(each, (counts.get(each) ?? 0) + 1);
  return entriesText(counts);
}

function entriesText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}
