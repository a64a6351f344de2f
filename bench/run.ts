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
import { runToEnd } from './processes/run-to-end.js';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

const options = readOptions(process.argv.slice(2));

await runToEnd(async (ends) => {
  const postgres = await BenchPostgres.start();
  ends.push(() => postgres.stop());
  const rounds = new Rounds(options, postgres, log);
  ends.push(() => rounds.end());
  const results = await measure(postgres, rounds);
  const folder = options.complete ? 'bench' : '.bench';
  writeFileSync(`${folder}/results.md`, document(results));
  writeFileSync(`${folder}/results.svg`, chart(results));
  process.stdout.write(`\n${consoleText(results)}\n\nwritten: ${folder}/results.md, ${folder}/results.svg\n`);
}, log);

async function measure(postgres: BenchPostgres, rounds: Rounds): Promise<Results> {
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
