import { parseArgs } from 'node:util';

/** What a run is told on the command line. */
export interface ScaleOptions {
  /** Length of each measured interval. */
  seconds: number;
  /** How often each setup is measured, interleaved. */
  rounds: number;
}

/** Reads the command line; throws what is wrong with it. */
export function readScaleOptions(parameters: readonly string[]): ScaleOptions {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '2' },
    },
  });
  return {
    seconds: wholeNumber('seconds', values.seconds),
    rounds: wholeNumber('rounds', values.rounds),
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new TypeError(`--${name}: a whole number from 1 on`);
  return number;
}
