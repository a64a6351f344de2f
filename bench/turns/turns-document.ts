import { CONTENDERS, type ContenderName } from '../contenders.js';
import { median } from '../report/medians.js';
import { aligned, markdown, type Table, whole } from '../report/tables.js';
import type { Slice } from './player.js';

/** What a run found, turn by turn. */
export interface Turns {
  turns: readonly (readonly Slice[])[];
  seconds: number;
  conditions: readonly string[];
}

const RATIOS: readonly (readonly [of: string, to: string])[] = [
  ['everything', 'everything before'],
  ['ours', 'ours before'],
  ['ours', 'plain'],
  ['everything', 'plain'],
  ['everything', 'ours'],
  ['ours', 'rows'],
];

const NOTES = [
  'Everybody has a slice each turn, on a database of its own in the same server; a turn begins with another one each time.',
  'Processor time is that of the process and of PostgreSQL from the first callback of a slice until ledger and contacts' +
    ' have everything. A ratio is that of the two slices of one turn: other work on the machine meets both.',
  'The spread is from the lower to the upper quartile of the turns.',
  'Retention deletes nothing in a run: what was delivered is kept for 7 days.',
];

/** The results for the console. */
export const turnsText = (results: Turns): string => tablesOf(results).map(aligned).join('\n\n');

/** The results as a page. */
export function turnsDocument(results: Turns): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
  const parts = [
    '# By turns',
    `Written by \`npm run bench:turns\`: ${results.turns.length} turns, slices of ${results.seconds} seconds.`,
    ...tablesOf(results).map(markdown),
    '## Conditions',
    list(results.conditions),
    '## How',
    list(NOTES),
  ];
  return `${parts.join('\n\n')}\n`;
}

function tablesOf({ turns }: Turns): Table[] {
  const subjects = (turns[0] ?? []).map(({ subject }) => subject).toSorted();
  const of = (subject: string, value: (slice: Slice) => number): number[] =>
    turns.flatMap((slices) => slices.filter((slice) => slice.subject === subject).map(value));
  const ratios = RATIOS.filter((pair) => pair.every((subject) => subjects.includes(subject)));
  return [
    [
      ['processor time of a callback, as a part of', 'median', 'spread'],
      ...ratios.map(([one, other]) => {
        const others = of(other, ({ microseconds }) => microseconds);
        const parts = of(one, ({ microseconds }) => microseconds).map(
          (each, turn) => each / (others[turn] ?? Number.NaN),
        );
        return [`${one} / ${other}`, median(parts).toFixed(3), spread(parts, (part) => part.toFixed(3))];
      }),
    ],
    [
      ['', 'µs each', 'spread', 'of PostgreSQL', 'callbacks/s', 'journal, bytes each', 'stored, bytes each'],
      ...subjects.map((subject) => {
        const costs = of(subject, ({ microseconds }) => microseconds);
        const others = [
          ({ database }: Slice) => database,
          ({ perSecond }: Slice) => perSecond,
          ({ journal }: Slice) => journal,
          ({ stored }: Slice) => stored,
        ];
        return [
          labelOf(subject),
          whole(median(costs)),
          spread(costs, whole),
          ...others.map((value) => whole(median(of(subject, value)))),
        ];
      }),
    ],
  ];
}

const labelOf = (subject: string): string =>
  (CONTENDERS as Partial<Record<string, (typeof CONTENDERS)[ContenderName]>>)[subject]?.label ?? subject;

function spread(values: readonly number[], text: (value: number) => string): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): string => text(sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN);
  return `${at(0.25)} to ${at(0.75)}`;
}
