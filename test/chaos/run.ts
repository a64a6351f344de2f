import { ChaosRun, type ChaosResult } from './chaos-run.js';
import { type ChaosOptions, readOptions } from './options.js';
import { PLANT_NAMES } from './plants.js';
import { reportText } from './report.js';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

const { options, everyPlant } = readOptions(process.argv.slice(2));
process.exitCode = everyPlant ? await runPlants() : await runOnce();

/** 0: no violation. */
async function runOnce(): Promise<number> {
  const result = await run(options);
  process.stdout.write(`${reportText(options, result)}\n`);
  return isClean(result) ? 0 : 1;
}

/** 0: every planted bug was seen. */
async function runPlants(): Promise<number> {
  const unseen: string[] = [];
  for (const plant of PLANT_NAMES) {
    const result = await run({ ...options, plant });
    const kinds = [...new Set(result.violations.map(({ kind }) => kind))];
    process.stdout.write(
      `${isClean(result) ? 'NOT SEEN' : 'seen    '}  ${plant}: ${result.violations.length} ${kinds.join(', ')}\n`,
    );
    if (isClean(result)) unseen.push(plant);
  }
  process.stdout.write(`${PLANT_NAMES.length - unseen.length} of ${PLANT_NAMES.length} planted bugs seen\n`);
  return unseen.length === 0 ? 0 : 1;
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

function isClean({ violations, settled, calls }: ChaosResult): boolean {
  return violations.length === 0 && settled && calls.every(({ end }) => end === 'answered');
}
