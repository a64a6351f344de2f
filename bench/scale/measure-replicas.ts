import { mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { type Edge, startNginx } from '../../test/chaos/edge.js';
import type { RabbitMqServer } from '../../test/support/rabbitmq-server.js';
import type { Totals } from '../load/closed-loop.js';
import type { LoadQuestions } from '../load-process.js';
import type { BenchPostgres } from '../postgres/bench-postgres.js';
import type { Child } from '../processes/child.js';
import { serverSeconds } from '../processes/server-seconds.js';
import { machineSeconds } from '../rounds/processor-time.js';
import { VoidRun } from '../rounds/void-run.js';
import { allDelivered, databaseTotals } from './database-totals.js';
import { DatabaseWatch } from './database-watch.js';
import type { EventQueue } from './event-queue.js';
import { ReplicaSet } from './replica-set.js';
import { type ByPart, PARTS, type Scaling } from './scaling.js';
import type { Setup } from './setups.js';

/** What all setups share. */
export interface Surroundings {
  postgres: BenchPostgres;
  broker: RabbitMqServer;
  queue: EventQueue;
  load: Child<LoadQuestions>;
  seconds: number;
}

interface Started {
  setup: Setup;
  replicas: ReplicaSet;
  nginx: Edge;
  port: number;
  databaseUrl: string;
}

const DATABASE = 'bench_scale';
/** For each replica: until then much is not compiled yet, and costs several times as much. */
const WARM_UP_CALLBACKS = 5_000;

/**
 * Replicas behind nginx, on a database of their own.
 * @throws VoidRun where a callback was not answered with 200, not stored once, or an event did not reach the queue
 */
export async function measureReplicas(setup: Setup, surroundings: Surroundings): Promise<Scaling> {
  const { postgres, broker } = surroundings;
  const databaseUrl = await postgres.create(DATABASE);
  const directory = mkdtempSync(resolve('.bench', 'nginx-'));
  const replicas = await ReplicaSet.start(setup, { databaseUrl, rabbitmqUrl: broker.url });
  try {
    const port = await freePort();
    const nginx = await startNginx(directory, port, replicas.ports);
    try {
      const started = { setup, replicas, nginx, port, databaseUrl };
      const warmUp = await warmUpOf(surroundings, started);
      const { answered, ...figures } = await measure(surroundings, started);
      const checked = await check(surroundings, databaseUrl, warmUp.ok + answered);
      await replicas.close();
      return { setup, ...figures, ...checked };
    } finally {
      await nginx.stop();
    }
  } finally {
    await replicas.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function warmUpOf({ load }: Surroundings, { setup, port, databaseUrl }: Started): Promise<Totals> {
  await load.ask('open', { port, connections: setup.connections });
  for (let left = setup.replicas * WARM_UP_CALLBACKS; left > 0; ) {
    left -= (await load.ask('measure', { seconds: 1 })).perSecond;
  }
  const totals = await answeredAll(load);
  await allDelivered(databaseUrl);
  return totals;
}

/** From the first callback until the last event is delivered: no work is left out, and none of another time is in it. */
async function measure(
  { postgres, broker, load, seconds }: Surroundings,
  { setup, replicas, nginx, port, databaseUrl }: Started,
): Promise<Omit<Scaling, 'setup' | 'events' | 'copies'>> {
  const used = async (): Promise<ByPart & { machine: number }> => ({
    replicas: await replicas.processorSeconds(),
    postgres: postgres.processorSeconds() ?? Number.NaN,
    nginx: secondsOf(nginx.pid),
    broker: secondsOf(broker.pid),
    machine: machineSeconds(),
  });
  const totals = await databaseTotals(databaseUrl);
  const before = await used();
  await load.ask('open', { port, connections: setup.connections });
  const watch = await DatabaseWatch.start(databaseUrl);
  const { processorSeconds: generator, ...rates } = await load.ask('measure', { seconds });
  const seen = await watch.stop();
  const under = await used();
  const { ok } = await answeredAll(load);
  const deliveredSeconds = await allDelivered(databaseUrl);
  const after = await used();
  const grown = await databaseTotals(databaseUrl);
  const ours = PARTS.reduce((sum, part) => sum + under[part] - before[part], generator);
  const microsecondsOf = (part: keyof ByPart): number => ((after[part] - before[part]) / ok) * 1e6;
  return {
    ...rates,
    ...seen,
    microseconds: {
      replicas: microsecondsOf('replicas'),
      postgres: microsecondsOf('postgres'),
      nginx: microsecondsOf('nginx'),
      broker: microsecondsOf('broker'),
    },
    generatorBusy: generator / seconds,
    otherBusy: Math.max(0, under.machine - before.machine - ours) / seconds,
    deliveredSeconds,
    deadlocks: grown.deadlocks - totals.deadlocks,
    transactions: (grown.transactions - totals.transactions) / ok,
    journalBytes: (grown.journalBytes - totals.journalBytes) / ok,
    storedBytes: (grown.bytes - totals.bytes) / ok,
    answered: ok,
  };
}

async function answeredAll(load: Child<LoadQuestions>): Promise<Totals> {
  const totals = await load.ask('close');
  if (totals.notOk > 0) throw new VoidRun(`${totals.notOk} callbacks were not answered with 200`);
  return totals;
}

/** Each callback stored, billed and noted once; each event in the queue. */
async function check(
  { queue }: Surroundings,
  databaseUrl: string,
  answered: number,
): Promise<Pick<Scaling, 'answered' | 'events' | 'copies'>> {
  const { messages, receipts, ledger, contacts, events, parked } = await databaseTotals(databaseUrl);
  const stored = { messages, receipts, ledger, contacts };
  for (const [table, rows] of Object.entries(stored)) {
    if (rows !== answered) throw new VoidRun(`${answered} were answered, ${table} has ${rows}`);
  }
  if (parked > 0) throw new VoidRun(`${parked} deliveries are parked`);
  const relayed = await queue.empty();
  if (relayed.distinct !== events) throw new VoidRun(`of ${events} events the queue had ${relayed.distinct}`);
  return { answered, events, copies: relayed.messages - relayed.distinct };
}

const secondsOf = (pid: number | undefined): number => (pid === undefined ? null : serverSeconds(pid)) ?? Number.NaN;
