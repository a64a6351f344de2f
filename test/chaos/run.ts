import { ChaosRun, type ChaosResult } from './chaos-run.js';
import { type ChaosOptions, readOptions } from './options.js';
import { PLANT_NAMES } from './plants.js';
import { PLANT_RUNS } from './plant-runs.js';
import { findingsText, reportText } from './report.js';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

const { options, everyPlant } = readOptions(process.argv.slice(2));
const outcomes = everyPlant ? await runPlants() : [await runOnce()];
const passed = outcomes.filter(Boolean).length;
process.stdout.write(`${passed} passed, ${outcomes.length - passed} failed\n`);
// Not `exitCode`: Node 20 may go round for ever in its own clean-up of sockets that were reset (seen).
process.exit(passed === outcomes.length ? 0 : 1);

/** Whether there was no violation. */
async function runOnce(): Promise<boolean> {
  const result = await run(options);
  process.stdout.write(`${reportText(options, result)}\n`);
  return isClean(result);
}

/** Of each planted bug, whether it was seen. */
async function runPlants(): Promise<boolean[]> {
  const seen: boolean[] = [];
  for (const plant of PLANT_NAMES) {
    const result = await run({ ...options, ...PLANT_RUNS[plant], plant });
    process.stdout.write(`${isClean(result) ? 'NOT SEEN' : 'seen    '}  ${plant}: ${findingsText(result)}\n`);
    seen.push(!isClean(result));
  }
  return seen;
}

async function run(each: ChaosOptions): Promise<ChaosResult> {
  const chaos = new ChaosRun(each, log);
  const stop = (): void => void chaos.end(each.keep).then(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    return await chaos.run();
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    await chaos.end(each.keep);
  }
}

function isClean({ violations, settled, calls, failures }: ChaosResult): boolean {
  const isWhole = violations.length === 0 && settled && failures.length === 0;
  return isWhole && calls.every(({ end }) => end === 'answered');
}
