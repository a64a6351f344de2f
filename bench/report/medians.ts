import type { LedgerLatency } from '../load/ledger-latency.js';
import type { Measurement } from '../rounds/measurement.js';

/** The middle value; of two, what lies between. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** One figure of each subject and number of connections: the medians of the rounds, in the order of the first one. */
export function medianMeasurements(measurements: readonly Measurement[]): Measurement[] {
  const isSame = (one: Measurement, other: Measurement): boolean =>
    one.subject === other.subject && one.connections === other.connections;
  return measurements
    .filter((each, index) => measurements.findIndex((other) => isSame(each, other)) === index)
    .map((first) =>
      medianOf(
        first,
        measurements.filter((each) => isSame(first, each)),
      ),
    );
}

function medianOf(first: Measurement, rounds: readonly Measurement[]): Measurement {
  const of = (value: (each: Measurement) => number): number => median(rounds.map(value));
  return {
    ...first,
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    busy: {
      contender: of(({ busy }) => busy.contender),
      generator: of(({ busy }) => busy.generator),
      postgres: of(({ busy }) => busy.postgres),
      other: of(({ busy }) => busy.other),
    },
    caughtUpSeconds: first.caughtUpSeconds === null ? null : of(({ caughtUpSeconds }) => caughtUpSeconds ?? 0),
  };
}

/** The medians of the rounds; of the longest, the longest. */
export function medianLatency(latencies: readonly LedgerLatency[]): LedgerLatency | null {
  const [first] = latencies;
  if (first === undefined) return null;
  return {
    ...first,
    p50Ms: median(latencies.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(latencies.map(({ p99Ms }) => p99Ms)),
    longestMs: Math.max(...latencies.map(({ longestMs }) => longestMs)),
  };
}
