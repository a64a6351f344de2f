import { setTimeout as sleep } from 'node:timers/promises';
import { CONTENDERS, type Contender, type ContenderName } from '../contenders.js';
import type { ContenderQuestions } from '../contender-process.js';
import type { LoadQuestions } from '../load-process.js';
import { type BenchPostgres, countRows } from '../postgres/bench-postgres.js';
import { Child } from '../processes/child.js';
import { SERVICE_FLAGS } from '../processes/service-flags.js';
import type { Measurement } from './measurement.js';
import { machineSeconds } from './processor-time.js';
import { VoidRun } from './void-run.js';

/** What is to be measured, and how. */
export interface Assignment {
  name: ContenderName;
  /** What the figures are filed under; the contender's name unless it is measured in more than one way. */
  subject?: string;
  /** The server that has the database. */
  postgres: BenchPostgres;
  databaseUrl: string;
  connections: readonly number[];
  warmUpSeconds: number;
  seconds: number;
  profile: string | null;
}

/** A contender in a process of its own, for as long as `work` takes. */
export async function withContender<Result>(
  { name, databaseUrl, profile }: Pick<Assignment, 'name' | 'databaseUrl' | 'profile'>,
  work: (contender: Child<ContenderQuestions>, port: number) => Promise<Result>,
): Promise<Result> {
  const profiling =
    profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`];
  const contender = Child.start<ContenderQuestions>('contender-process', [...SERVICE_FLAGS, ...profiling]);
  try {
    const result = await work(contender, await contender.ask('start', { name, databaseUrl }));
    await contender.ask('close');
    return result;
  } finally {
    await contender.end();
  }
}

/**
 * Measures one contender at each number of connections, and compares what it stored with what it answered.
 * @throws VoidRun where a callback was not answered with 200, or one that was is not stored
 */
export async function measureContender(load: Child<LoadQuestions>, assignment: Assignment): Promise<Measurement[]> {
  const { name, subject = name, databaseUrl } = assignment;
  const { stores, follows }: Contender = CONTENDERS[name];
  return withContender(assignment, async (contender, port) => {
    const measurements: Measurement[] = [];
    const before = await counts(databaseUrl, stores);
    let answered = 0;
    for (const connections of assignment.connections) {
      await load.ask('open', { port, connections });
      const seen = await watch(load, contender, assignment);
      const { ok, notOk } = await load.ask('close');
      if (notOk > 0) throw new VoidRun(`${subject}: ${notOk} callbacks were not answered with 200`);
      answered += ok;
      const caughtUpSeconds = await catchUp(databaseUrl, follows, answered);
      measurements.push({ subject, connections, ...seen, caughtUpSeconds });
    }
    await demandStored(subject, databaseUrl, stores, before, answered);
    return measurements;
  });
}

/** After the warm-up; the load goes on before and behind. */
async function watch(
  load: Child<LoadQuestions>,
  contender: Child<ContenderQuestions>,
  { postgres, warmUpSeconds, seconds }: Assignment,
): Promise<Pick<Measurement, 'perSecond' | 'p50Ms' | 'p99Ms' | 'busy'>> {
  await sleep(warmUpSeconds * 1_000);
  const used = async (): Promise<{ itself: number; machine: number; database: number }> => ({
    itself: await contender.ask('processorSeconds'),
    machine: machineSeconds(),
    database: postgres.processorSeconds() ?? 0,
  });
  const before = await used();
  const { processorSeconds, ...seen } = await load.ask('measure', { seconds });
  const after = await used();
  const busy = {
    contender: (after.itself - before.itself) / seconds,
    generator: processorSeconds / seconds,
    postgres: (after.database - before.database) / seconds,
  };
  const machine = (after.machine - before.machine) / seconds;
  const other = Math.max(0, machine - busy.contender - busy.generator - busy.postgres);
  return { ...seen, busy: { ...busy, other } };
}

const counts = (url: string, tables: readonly string[]): Promise<number[]> =>
  Promise.all(tables.map((table) => countRows(url, table)));

async function demandStored(
  subject: string,
  url: string,
  tables: readonly string[],
  before: readonly number[],
  answered: number,
): Promise<void> {
  const after = await counts(url, tables);
  for (const [index, table] of tables.entries()) {
    const stored = (after[index] ?? 0) - (before[index] ?? 0);
    if (stored !== answered) throw new VoidRun(`${subject}: ${answered} were answered, ${table} has ${stored}`);
  }
}

const PATIENCE_MS = 300_000;
const POLL_MS = 100;

/** Waits until the tables have as many rows as callbacks were answered. Gives after how many seconds; null for no table. */
export async function catchUp(url: string, tables: readonly string[], answered: number): Promise<number | null> {
  if (tables.length === 0) return null;
  const start = performance.now();
  for (; performance.now() - start < PATIENCE_MS; await sleep(POLL_MS)) {
    const rows = await counts(url, tables);
    if (rows.every((count) => count === answered)) return (performance.now() - start) / 1_000;
  }
  throw new VoidRun(`${tables.join(', ')} did not catch up within ${PATIENCE_MS / 1_000} s`);
}
