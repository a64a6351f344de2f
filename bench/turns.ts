import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { conditionsOf } from './conditions.js';
import { CONTENDER_NAMES, type ContenderName } from './contenders.js';
import type { LoadQuestions } from './load-process.js';
import { BenchPostgres } from './postgres/bench-postgres.js';
import { Child } from './processes/child.js';
import { type Ends, runToEnd } from './processes/run-to-end.js';
import { Player } from './turns/player.js';
import { turnsDocument, turnsText } from './turns/turns-document.js';

const FILE = 'bench/turns.md';

const USAGE = `npm run bench:turns -- [options]
  --turns 12               how often everybody has a slice; a first turn warms up and does not count
  --seconds 2              length of a slice
  --connections 128
  --only plain,ours        some contenders: ${CONTENDER_NAMES.join(', ')}
  --before FOLDER          a checkout of another commit, with its packages and compiled by
                           npx tsc -p bench/tsconfig.json: its ours and everything take part
  --write                  replaces ${FILE}
`;

const { values } = parseArgs({
  options: {
    turns: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '128' },
    only: { type: 'string', default: 'plain,ours,everything' },
    before: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const log = (line: string): void => void process.stderr.write(`${line}\n`);

if (values.help) process.stdout.write(USAGE);
else await runToEnd(run, log);

async function run(ends: Ends): Promise<void> {
  const postgres = await BenchPostgres.start();
  ends.push(() => postgres.stop());
  const load = Child.start<LoadQuestions>('load-process');
  ends.push(() => load.end());
  const conditions = await conditionsOf(postgres);
  for (const line of conditions) log(line);
  const players: Player[] = [];
  for (const { name, checkout } of chosen()) {
    const player = await Player.join(postgres, name, checkout);
    ends.push(() => player.leave());
    players.push(player);
  }
  const results = { turns: await play(players, load), seconds: number('seconds'), conditions };
  process.stdout.write(`\n${turnsText(results)}\n`);
  if (values.write) writeFileSync(FILE, turnsDocument(results));
}

/** Everybody once a turn; each turn begins with another one, so that none always follows the same. */
async function play(
  players: readonly Player[],
  load: Child<LoadQuestions>,
): Promise<Awaited<ReturnType<Player['slice']>>[][]> {
  const turns = [];
  for (let turn = 0; turn <= number('turns'); turn += 1) {
    const slices = [];
    for (const index of players.keys()) {
      const player = players[(index + turn) % players.length] as Player;
      slices.push(await player.slice(load, { seconds: number('seconds'), connections: number('connections') }));
    }
    for (const { subject, microseconds, perSecond } of slices)
      log(`turn ${turn}  ${subject}: ${Math.round(microseconds)} µs each, ${Math.round(perSecond)}/s`);
    if (turn > 0) turns.push(slices);
  }
  return turns;
}

function chosen(): { name: ContenderName; checkout: string | null }[] {
  const names = values.only.split(',').map((name) => {
    if (!CONTENDER_NAMES.includes(name as ContenderName)) throw new TypeError(`no contender is called ${name}`);
    return { name: name as ContenderName, checkout: null };
  });
  const { before } = values;
  if (before === undefined) return names;
  const checkout = resolve(before);
  if (!existsSync(join(checkout, '.bench', 'bench'))) throw new TypeError(`${checkout} is not compiled: see --help`);
  const again = names.filter(({ name }) => name === 'ours' || name === 'everything');
  return [...names, ...again.map(({ name }) => ({ name, checkout }))];
}

function number(name: 'turns' | 'seconds' | 'connections'): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${name} must be a whole number from 1`);
  return value;
}
