import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PgBouncer } from '../support/pg-bouncer.js';
import { OPEN_DELIVERIES } from '../support/open-deliveries.js';
import { ChaosPostgres } from './chaos-postgres.js';
import { Checker, type Violation } from './checker.js';
import { CrashPlanner } from './crash-planner.js';
import { type Edge, startEdge } from './edge.js';
import { type Call, Gateway } from './gateway.js';
import { Flicker } from './flicker.js';
import { type Life, planLives } from './life.js';
import { lastingPort } from './lasting-port.js';
import { Nemesis } from './nemesis.js';
import type { ChaosOptions } from './options.js';
import { PLANT_SQL } from './plants.js';
import { Random } from './random.js';
import { Replica, TOKEN } from './replica.js';

/** What a run came to. */
export interface ChaosResult {
  edge: string;
  calls: readonly Call[];
  deeds: ReadonlyMap<string, number>;
  /** How processes of the replicas ended that nobody asked to stop. */
  ends: string[];
  /** Those of them that nobody brought about: a process that ends by itself may lose what the others cannot take. */
  failures: string[];
  crashes: ReadonlyMap<string, number>;
  violations: Violation[];
  /** Whether the spools were empty and every event delivered in time. */
  settled: boolean;
  seconds: number;
}

const SETTLE_WITHIN_MS = 120_000;
const ENROL_WITHIN_MS = 30_000;

/**
 * Some commits take a while, as those of a host's transaction, or of a disk in use: what they wrote shows up behind
 * later positions. Without them a reader of the log may pass over no position in a whole run.
 */
const SLOW_COMMITS = `
  create function public.commit_slowly() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.3); return null; end $$;
  create constraint trigger commit_slowly after insert on esms.changes deferrable initially deferred
    for each row when (new.position % 6400 = 1) execute function public.commit_slowly()`;

/** One run: everything is started, broken for as long as the gateway calls, made whole, left to settle, and checked. */
export class ChaosRun {
  readonly #random: Random;
  readonly #directory = mkdtempSync(join(tmpdir(), 'esms-chaos-'));
  readonly #crashes: CrashPlanner;
  #postgres: ChaosPostgres | null = null;
  #pooler: PgBouncer | null = null;
  #replicas: Replica[] = [];
  #edge: Edge | null = null;

  constructor(
    private readonly options: ChaosOptions,
    private readonly log: (line: string) => void,
  ) {
    this.#random = new Random(options.seed);
    this.#crashes = new CrashPlanner(join(this.#directory, 'marks'), options.crashes, new Random(options.seed + 1));
  }

  async run(): Promise<ChaosResult> {
    const start = performance.now();
    const postgres = (this.#postgres = await ChaosPostgres.start());
    const url = await this.#startService(postgres);
    const nemesis = this.#nemesis(postgres);
    nemesis.start();
    const { lives, calls } = await this.#tell(url);
    await nemesis.stop();
    this.#crashes.end();
    await Promise.all(this.#replicas.map((replica) => replica.ready()));
    this.log('everything is whole again; settling');
    const settled = await this.#settle(postgres.url);
    const violations = await querying(postgres.url, (client) => new Checker(client, calls).check(lives));
    const ends = this.#replicas.flatMap((replica) => replica.ends);
    return {
      edge: this.#edge?.name ?? 'none',
      calls,
      deeds: nemesis.deeds,
      ends,
      failures: ends.filter((end) => !end.startsWith('SIG')),
      crashes: this.#crashes.counts(),
      violations,
      settled,
      seconds: (performance.now() - start) / 1_000,
    };
  }

  /** Where processes are to end themselves, others would only blur which end did it. */
  #nemesis(postgres: ChaosPostgres): Nemesis | Flicker {
    const [first] = this.#replicas as [Replica];
    return this.options.crashes > 0
      ? new Flicker(this.#random, first)
      : new Nemesis(this.#random, this.#replicas, postgres, this.options.pace);
  }

  /** As many calls as asked for, and on until every crash point was hit often enough. */
  async #tell(url: string): Promise<{ lives: Life[]; calls: Call[] }> {
    const { calls: amount, atOnce, rate, seed } = this.options;
    const gateway = new Gateway(url);
    const progress = setInterval(() => this.log(`${gateway.calls.length} calls of ${amount}`), 10_000);
    const lives: Life[] = [];
    for (let round = 0; round === 0 || !this.#crashes.isDone; round += 1) {
      const more = planLives(this.#random, amount, `m${seed}-${round}`);
      lives.push(...more);
      await gateway.tell(more, { atOnce, rate });
    }
    gateway.end();
    clearInterval(progress);
    return { lives, calls: gateway.calls };
  }

  /** Ends every process it started. Keeps the directory, with its logs, where asked. */
  async end(keep: boolean): Promise<void> {
    await this.#edge?.stop();
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
    await this.#pooler?.stop();
    await this.#postgres?.stop();
    if (keep) this.log(`logs are in ${this.#directory}`);
    else rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Gives the URL that the gateway calls. */
  async #startService(postgres: ChaosPostgres): Promise<string> {
    const ports: number[] = [];
    while (ports.length <= this.options.replicas) ports.push(await lastingPort());
    const [edgePort = 0, ...replicaPorts] = ports;
    writeFileSync(this.#crashes.marks, '');
    if (this.options.pooler) this.#pooler = await PgBouncer.start(postgres.url);
    const { url } = this.#pooler ?? postgres;
    this.#replicas = await Promise.all(replicaPorts.map((port, index) => this.#startReplica(url, port, index)));
    const edgeDirectory = join(this.#directory, 'edge');
    mkdirSync(edgeDirectory);
    this.#edge = await startEdge(edgeDirectory, edgePort, replicaPorts);
    if (!(await waitUntil(() => isEnrolled(postgres.url), ENROL_WITHIN_MS)))
      throw new Error('no subscribers, see the logs');
    await querying(postgres.url, (client) => client.query(SLOW_COMMITS));
    const sql = this.options.plant && PLANT_SQL[this.options.plant];
    if (sql) await querying(postgres.url, (client) => client.query(sql));
    const pooler = this.#pooler === null ? '' : ' and before PgBouncer';
    this.log(`${this.options.replicas} replicas behind ${this.#edge.name}${pooler}; seed ${this.options.seed}`);
    return `http://127.0.0.1:${edgePort}/callbacks/esms/${TOKEN}`;
  }

  #startReplica(databaseUrl: string, port: number, index: number): Promise<Replica> {
    const { plant, leaseMs } = this.options;
    const directory = join(this.#directory, `replica-${index}`);
    return Replica.start(databaseUrl, {
      port,
      directory,
      orders: { leaseMs, plant },
      // One of them only: with all of them gone, nobody is there to receive.
      nextCrash: () => (index === 0 ? this.#crashes.next() : null),
    });
  }

  #settle(url: string): Promise<boolean> {
    return waitUntil(
      async () => this.#replicas.every(({ spooled }) => spooled.length === 0) && (await isDelivered(url)),
      SETTLE_WITHIN_MS,
    );
  }
}

const isEnrolled = (url: string): Promise<boolean> => isTrue(url, 'select count(*) = 2 as is from esms.subscribers');

/** Twice, since what a drain just stored may not be delivered yet. */
const isDelivered = async (url: string): Promise<boolean> => {
  const sql = `select not exists (${OPEN_DELIVERIES}) as is`;
  if (!(await isTrue(url, sql))) return false;
  await sleep(1_500);
  return isTrue(url, sql);
};

async function isTrue(url: string, sql: string): Promise<boolean> {
  try {
    return await querying(url, async (client) => (await client.query<{ is: boolean }>(sql)).rows[0]?.is === true);
  } catch {
    return false;
  }
}

async function querying<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function waitUntil(isSo: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(200))
    if (await isSo()) return true;
  return false;
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
