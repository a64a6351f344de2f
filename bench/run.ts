import { writeFileSync } from 'node:fs';
import { conditionsOf } from './conditions.js';
import { readOptions } from './options.js';
import { BenchPostgres } from './postgres/bench-postgres.js';
import { chart } from './report/chart.js';
import { consoleText, document } from './report/document.js';
import { medianLatency, medianMeasurements } from './report/medians.js';
import type { Results } from './report/results.js';
import { measureDispatch } from './rounds/dispatch-rounds.js';
import { Rounds } from './rounds/rounds.js';
import { VoidRun } from './rounds/void-run.js';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

const options = readOptions(process.argv.slice(2));
const postgres = await BenchPostgres.start();
const rounds = new Rounds(options, postgres, log);
let stopping: Promise<void> | null = null;
const stop = (): Promise<void> => (stopping ??= rounds.end().then(() => postgres.stop()));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stop().then(() => process.exit(1)));

try {
  const results = await measure();
  const folder = options.complete ? 'bench' : '.bench';
  writeFileSync(`${folder}/results.md`, document(results));
  writeFileSync(`${folder}/results.svg`, chart(results));
  process.stdout.write(`\n${consoleText(results)}\n\nwritten: ${folder}/results.md, ${folder}/results.svg\n`);
} catch (error) {
  if (!(error instanceof VoidRun)) throw error;
  log(`VOID: ${error.message}`);
  process.exitCode = 1;
} finally {
  await stop();
}

async function measure(): Promise<Results> {
  const { stored, seconds, contenders } = options;
  const conditions = await conditionsOf(postgres);
  for (const line of conditions) log(line);
  const sideBySide = await rounds.sideBySide();
  const latencies = contenders.includes('everything') ? await rounds.ledgerLatencies() : [];
  const dispatch = contenders.includes('everything') ? await measureDispatch(postgres, log) : null;
  const emptyAndFilled = stored === 0 ? [] : await rounds.emptyAndFilled();
  return {
    measurements: medianMeasurements([...sideBySide, ...emptyAndFilled]),
    ledgerLatency: medianLatency(latencies),
    dispatch,
    stored,
    rounds: options.rounds,
    seconds,
    conditions,
  };
}
