import { CONTENDERS, type Contender } from '../contenders.js';
import { COMPARED_CONNECTIONS } from '../options.js';
import { microsecondsEach } from '../rounds/measurement.js';
import { ratiosOf, type Results } from './results.js';

/** Rows of cells, the heading first. */
export type Table = readonly (readonly string[])[];

/** What people read for a subject. */
export function labelOf(subject: string, stored: number): string {
  const contender = (CONTENDERS as Record<string, Contender>)[subject];
  if (contender !== undefined) return contender.label;
  return subject === 'filled' ? `ours, ${whole(stored)} messages stored` : 'ours, nothing stored (by turns with it)';
}

/** Every figure. */
export function figuresTable({ measurements, stored }: Results): Table {
  return [
    [
      '',
      'connections',
      'callbacks/s',
      'p50 ms',
      'p99 ms',
      'µs each',
      'busy: itself',
      'PostgreSQL',
      'generator',
      'other',
      'caught up after s',
    ],
    ...measurements.map((measurement) => {
      const { subject, connections, perSecond, p50Ms, p99Ms, busy, caughtUpSeconds } = measurement;
      return [
        labelOf(subject, stored),
        String(connections),
        whole(perSecond),
        p50Ms.toFixed(1),
        p99Ms.toFixed(1),
        whole(microsecondsEach(measurement)),
        ...[busy.contender, busy.postgres, busy.generator, busy.other].map((processors) => processors.toFixed(2)),
        caughtUpSeconds === null ? '' : caughtUpSeconds.toFixed(1),
      ];
    }),
  ];
}

/** What is compared. */
export function ratiosTable(results: Results): Table {
  return [
    [`at ${COMPARED_CONNECTIONS} connections`, 'callbacks/s', 'processor time'],
    ...ratiosOf(results).map(({ label, byRate, byProcessorTime }) => [
      label,
      byRate.toFixed(2),
      byProcessorTime.toFixed(2),
    ]),
  ];
}

/** From a callback to its ledger row; null where it was not measured. */
export function ledgerTable({ ledgerLatency }: Results): Table | null {
  if (ledgerLatency === null) return null;
  const { perSecond, p50Ms, p99Ms, longestMs } = ledgerLatency;
  return [
    ['callback to ledger', 'p50 ms', 'p99 ms', 'longest ms'],
    [`at ${whole(perSecond)} callbacks/s`, ...[p50Ms, p99Ms, longestMs].map(whole)],
  ];
}

/** What the dispatcher does; null where it was not measured. */
export function dispatchTable({ dispatch }: Results): Table | null {
  if (dispatch === null) return null;
  const { rates, handlerLatency, claimCost } = dispatch;
  const { limit, delivered, emptyMs, filledMs } = claimCost;
  return [
    ['dispatcher', ''],
    ...rates.map(({ subscribers, batch, perSecond }) => [
      `events/s to ${subscribers === 1 ? 'one subscriber' : `each of ${subscribers} subscribers`}, ${batch ?? 1} a call`,
      whole(perSecond),
    ]),
    ['callback to handler, nothing else to do: p50 ms', handlerLatency.p50Ms.toFixed(1)],
    ['callback to handler, nothing else to do: p99 ms', handlerLatency.p99Ms.toFixed(1)],
    [`claim of ${limit}, nothing delivered yet: ms`, emptyMs.toFixed(1)],
    [`claim of ${limit}, ${whole(delivered)} delivered behind it: ms`, filledMs.toFixed(1)],
  ];
}

/** A table for the console. */
export function aligned(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A table for GitHub. */
export function markdown([heading = [], ...rows]: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = heading.map((_, column) => (column === 0 ? '---' : '---:'));
  return [heading, rule, ...rows].map(line).join('\n');
}

/** With commas between thousands. */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en');
}

const pad = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);
