import { parseArgs } from 'node:util';
import { CONTENDER_NAMES, type ContenderName } from './contenders.js';

/** What a run is told on the command line. */
export interface BenchOptions {
  /** Length of each measured interval. */
  seconds: number;
  /** Load before each measured interval. */
  warmUpSeconds: number;
  /** How often every contender is measured; the median counts. */
  rounds: number;
  /** Numbers of connections, each measured. */
  connections: readonly number[];
  /** Messages in the database of the filled run; 0 leaves that run out. */
  stored: number;
  contenders: readonly ContenderName[];
  /** A folder for one CPU profile of each contender's process; null makes none. */
  profile: string | null;
  /** Whether this run may replace the committed results. */
  complete: boolean;
}

/** The number of connections at which contenders are compared. */
export const COMPARED_CONNECTIONS = 128;

const USAGE = `npm run bench -- [options]
  --seconds 8              measured interval of each contender and number of connections
  --rounds 2               how often, interleaved; medians are reported
  --connections 16,128,512
  --stored 10_000_000      messages in the filled database; 0 leaves it out
  --only plain,ours        some contenders: ${CONTENDER_NAMES.join(', ')}
  --profile FOLDER         writes a CPU profile of each contender's process (open it in Chrome's DevTools)
  --quick                  2 seconds, ${COMPARED_CONNECTIONS} connections, no filled database
`;

/** Reads the command line; ends the process with the usage where it is asked for or not understood. */
export function readOptions(parameters: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: {
        seconds: { type: 'string' },
        rounds: { type: 'string', default: '2' },
        connections: { type: 'string' },
        stored: { type: 'string' },
        only: { type: 'string' },
        profile: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) leave(0, USAGE);
    const { quick } = values;
    const connections = (values.connections ?? (quick ? String(COMPARED_CONNECTIONS) : '16,128,512'))
      .split(',')
      .map((text) => wholeNumber('connections', text, 1));
    return {
      seconds: wholeNumber('seconds', values.seconds ?? (quick ? '2' : '8'), 1),
      warmUpSeconds: quick ? 2 : 3,
      rounds: wholeNumber('rounds', values.rounds, 1),
      connections,
      stored: wholeNumber('stored', values.stored ?? (quick ? '0' : '10_000_000'), 0),
      contenders: values.only === undefined ? CONTENDER_NAMES : values.only.split(',').map(contenderName),
      profile: values.profile ?? null,
      complete:
        !quick &&
        connections.includes(COMPARED_CONNECTIONS) &&
        values.only === undefined &&
        values.profile === undefined,
    };
  } catch (error) {
    return leave(2, `${(error as Error).message}\n\n${USAGE}`);
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(number) || number < least) throw new TypeError(`--${name}: a whole number from ${least} on`);
  return number;
}

function contenderName(text: string): ContenderName {
  const name = CONTENDER_NAMES.find((each) => each === text);
  if (name === undefined) throw new TypeError(`--only: ${text} is none of ${CONTENDER_NAMES.join(', ')}`);
  return name;
}

function leave(code: number, text: string): never {
  process.stderr.write(text);
  process.exit(code);
}
