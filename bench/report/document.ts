import { CONTENDERS } from '../contenders.js';
import type { Results } from './results.js';
import { aligned, dispatchTable, figuresTable, ledgerTable, markdown, ratiosTable, type Table } from './tables.js';

const NOTES = [
  'Callbacks are the gateway’s samples C9 (Zalo ZNS) and C4 (Viber) by turns, 15 fields each, every SMSID new, one' +
    ' request at a time on each keep-alive connection.',
  'All of it ran in one run, contenders in interleaved rounds, each in a process of its own, on a database of its own' +
    ' in the same server; the figures are medians of the rounds.',
  'Every callback was answered with 200, and after each contender its stored rows were counted and equal the answers.',
  'Server, load generator and PostgreSQL share the processors: "busy" says how many of them each kept busy, and "other"' +
    ' what else the machine did meanwhile. "µs each" is the processor time of server and PostgreSQL for one callback;' +
    ' the ratio by processor time compares those, which other work on the machine disturbs least.',
  '"Caught up after": how long after the load the ledger and the contacts had everything.',
  'Callback to ledger: from the moment a callback is due to be sent until a reader sees its ledger row, at a steady' +
    ' rate that waits for no answer.',
  'Dispatcher: a worker of its own; 20,000 events of 10,000 callbacks wait when its subscribers, whose handlers do next' +
    ' to nothing, may begin.',
];

/** The results for the console. */
export function consoleText(results: Results): string {
  return [...tablesOf(results).map(aligned), results.conditions.join('\n')].join('\n\n');
}

/** The results as the page that the README links to. */
export function document(results: Results): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
  const contenders = Object.values(CONTENDERS).map(({ label, description }) => `**${label}**: ${description}`);
  const parts = [
    '# Benchmark',
    `Written by \`npm run bench\`: ${results.rounds} rounds of ${results.seconds} seconds each.`,
    '![Callbacks per second](results.svg)',
    ...tablesOf(results).map(markdown),
    '## Conditions',
    list(results.conditions),
    '## What was measured',
    list(contenders),
    list(NOTES),
  ];
  return `${parts.join('\n\n')}\n`;
}

function tablesOf(results: Results): Table[] {
  const tables = [ratiosTable(results), figuresTable(results), ledgerTable(results), dispatchTable(results)];
  return tables.filter((table) => table !== null);
}
