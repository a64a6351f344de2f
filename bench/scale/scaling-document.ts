import { aligned, markdown, type Table, whole } from '../report/tables.js';
import type { ScaleOptions } from './options.js';
import { PARTS, type Scaling } from './scaling.js';

/** What a run found. */
export interface ScalingResults {
  /** One of each setup. */
  scalings: readonly Scaling[];
  options: ScaleOptions;
  conditions: readonly string[];
}

const NOTES = [
  'Replicas, nginx, PostgreSQL, RabbitMQ and the load generator share the processors of this one machine, and one' +
    ' replica fills them: **the rate cannot grow with replicas here**. What can be seen is whether a callback costs' +
    ' more where several replicas work on one database: whether they stand in each other’s way.',
  'Each replica is a process with our module on the service’s own HTTP adapter, without a spool, with billing, CRM and a' +
    ' relay to RabbitMQ. Each connection to nginx has one callback under way, every SMSID new.',
  '"4, one of them delivers": the other three have `dispatcher: false` and only receive. "4, load of one": as many' +
    ' callbacks under way as one replica has, spread over four, so that each writes a quarter as many at a time.',
  '"µs each" is processor time for one callback, from the first one sent until the last event is with billing, CRM and' +
    ' the broker, by all callbacks of that time; a warm-up of 5,000 callbacks for each replica, delivered to its end, goes before.',
  '"Waiters" are clients of PostgreSQL that waited at a moment, on average over the moments that were looked at, every' +
    ' 50 ms: for a row another transaction has changed, for any other lock, for the journal (WAL) to be on disk.',
  '"Transactions each": PostgreSQL’s commits, to receive, claim and complete, by callbacks. Many callbacks or events' +
    ' share one where many wait; the thinner the load of a replica, the fewer do.',
  '"Delivered after": how long after the last answer every event was with billing, CRM and the broker.',
  'Counted after each round: messages, receipts, ledger rows and contact entries equal the callbacks answered; the queue' +
    ' was read to its end, and the ids of its messages are as many as the events.',
];

/** For the console. */
export function scalingText(results: ScalingResults): string {
  return [...tablesOf(results).map(aligned), [...results.conditions, NOTES[0]].join('\n')].join('\n\n');
}

/** The page that docs/scaling.md reckons from. */
export function scalingDocument(results: ScalingResults): string {
  const { rounds, seconds } = results.options;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
  const parts = [
    '# Replicas on one PostgreSQL',
    `Written by \`npm run bench:scale\`: ${rounds} rounds of ${seconds} seconds each, interleaved; medians.`,
    ...tablesOf(results).map(markdown),
    '## Conditions',
    list(results.conditions),
    '## What was measured',
    list(NOTES),
  ];
  return `${parts.join('\n\n')}\n`;
}

function tablesOf({ scalings }: ScalingResults): Table[] {
  const row = (label: string, cell: (scaling: Scaling) => string): string[] => [label, ...scalings.map(cell)];
  const heading = row('', ({ setup }) => setup.label);
  return [
    [
      heading,
      row('callbacks under way', ({ setup }) => String(setup.connections)),
      row('callbacks/s', (each) => whole(each.perSecond)),
      row('p50 ms', (each) => each.p50Ms.toFixed(1)),
      row('p99 ms', (each) => each.p99Ms.toFixed(1)),
      row('µs each: all', ({ microseconds }) => whole(PARTS.reduce((sum, part) => sum + microseconds[part], 0))),
      ...PARTS.map((part) => row(`µs each: ${part}`, ({ microseconds }) => whole(microseconds[part]))),
      row('processors busy: generator', (each) => each.generatorBusy.toFixed(2)),
      row('processors busy: other work', (each) => each.otherBusy.toFixed(2)),
    ],
    [
      heading,
      row('connections to PostgreSQL', (each) => String(each.connections)),
      row('waiters: row lock', (each) => each.rowLockWaiters.toFixed(2)),
      row('waiters: other lock', (each) => each.otherLockWaiters.toFixed(2)),
      row('waiters: journal', (each) => each.journalWaiters.toFixed(2)),
      row('transactions each', (each) => each.transactions.toFixed(2)),
      row('moments looked at', (each) => whole(each.samples)),
      row('deadlocks', (each) => String(each.deadlocks)),
      row('journal, bytes each', (each) => whole(each.journalBytes)),
      row('stored, bytes each', (each) => whole(each.storedBytes)),
    ],
    [
      heading,
      row('delivered after s', (each) => each.deliveredSeconds.toFixed(1)),
      row('callbacks answered, stored once', (each) => whole(each.answered)),
      row('events, each in the queue', (each) => whole(each.events)),
      row('copies in the queue', (each) => String(each.copies)),
    ],
  ];
}
