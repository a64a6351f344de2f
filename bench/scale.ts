import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RABBITMQ_ABSENT, RabbitMqServer } from '../test/support/rabbitmq-server.js';
import { absenceOf } from '../test/support/server-process.js';
import { conditionsOf } from './conditions.js';
import type { LoadQuestions } from './load-process.js';
import { BenchPostgres } from './postgres/bench-postgres.js';
import { Child } from './processes/child.js';
import { type Ends, runToEnd } from './processes/run-to-end.js';
import { EventQueue } from './scale/event-queue.js';
import { measureReplicas, type Surroundings } from './scale/measure-replicas.js';
import { readScaleOptions } from './scale/options.js';
import { medianScaling, PARTS, type Scaling } from './scale/scaling.js';
import { type ScalingResults, scalingDocument, scalingText } from './scale/scaling-document.js';
import { type Setup, SETUPS } from './scale/setups.js';

const FILE = 'bench/scaling-results.md';

const log = (line: string): void => void process.stderr.write(`${line}\n`);

const options = readScaleOptions(process.argv.slice(2));
const absent = absenceOf('nginx') ?? RABBITMQ_ABSENT;
if (absent === null) await runToEnd(run, log);
else log(`not measured: ${absent}`);

async function run(ends: Ends): Promise<void> {
  const results = await measure(await surround(ends));
  writeFileSync(FILE, scalingDocument(results));
  process.stdout.write(`\n${scalingText(results)}\n\nwritten: ${FILE}\n`);
}

/** Puts the way to end each part into `ends` as soon as there is something to end. */
async function surround(ends: Ends): Promise<Surroundings> {
  mkdirSync('.bench', { recursive: true });
  const postgres = await BenchPostgres.start();
  ends.push(() => postgres.stop());
  const broker = await RabbitMqServer.start(resolve('.bench'));
  ends.push(() => broker.remove());
  const queue = await EventQueue.open(broker.url);
  ends.push(() => queue.close());
  const load = Child.start<LoadQuestions>('load-process');
  ends.push(() => load.end());
  return { postgres, broker, queue, load, seconds: options.seconds };
}

async function measure(surroundings: Surroundings): Promise<ScalingResults> {
  const conditions = await conditionsOf(surroundings.postgres);
  conditions.push(`RabbitMQ ${surroundings.queue.version}, a durable classic queue; nginx with one worker process`);
  for (const line of conditions) log(line);
  const measured: Scaling[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const setup of SETUPS) {
      const scaling = await measureReplicas(setup, surroundings);
      measured.push(scaling);
      log(`round ${round}  ${lineOf(scaling)}`);
    }
  }
  const of = (setup: Setup): Scaling[] => measured.filter((each) => each.setup === setup);
  return { scalings: SETUPS.map((setup) => medianScaling(of(setup))), options, conditions };
}

function lineOf({ setup, perSecond, microseconds, rowLockWaiters, deliveredSeconds }: Scaling): string {
  const parts = PARTS.map((part) => `${part} ${Math.round(microseconds[part])}`).join(', ');
  return (
    `${setup.label}: ${Math.round(perSecond)}/s, µs each: ${parts};` +
    ` row lock waiters ${rowLockWaiters.toFixed(2)}, delivered after ${deliveredSeconds.toFixed(1)} s`
  );
}
