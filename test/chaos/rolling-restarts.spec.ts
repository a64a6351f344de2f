import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { query } from '../support/query.js';
import { OPEN_DELIVERIES } from '../support/open-deliveries.js';
import { ServiceBuild, ServiceProcess } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { Checker } from './checker.js';
import { hasNginx, type Nginx, startNginx } from './edge.js';
import { type Call, Gateway } from './gateway.js';
import { lastingPort } from './lasting-port.js';
import { type Life, planLives } from './life.js';
import { Random } from './random.js';

const RESTARTS = 20;
const RATE = 200;
const TOKEN = 'rolling-callback-token';

describe.skipIf(!hasNginx())(`${RESTARTS} rolling restarts of two replicas at ${RATE} callbacks/s`, () => {
  let build: ServiceBuild;
  let database: TestDatabase;
  let directory: string;
  let ports: number[];
  let replicas: ServiceProcess[];
  let edge: Nginx;

  beforeAll(async () => {
    build = await ServiceBuild.make();
  });

  afterAll(() => build.remove());

  beforeEach(async () => {
    database = await createTestDatabase();
    directory = mkdtempSync(join(tmpdir(), 'esms-rolling-'));
    mkdirSync(join(directory, 'edge'));
    ports = [await lastingPort(), await lastingPort()];
    replicas = await Promise.all([start(0), start(1)]);
    const enrolled = async () => expect(await query(database.url, 'select from esms.subscribers')).toHaveLength(2);
    await vi.waitFor(enrolled, { timeout: 30_000 });
  });

  afterEach(async () => {
    await edge.stop();
    for (const replica of replicas) await replica.kill();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  function start(index: number): Promise<ServiceProcess> {
    return ServiceProcess.start(build, {
      PORT: String(ports[index]),
      DATABASE_URL: database.url,
      DATA_DIR: join(directory, String(index)),
      CALLBACK_TOKENS: TOKEN,
      API_KEYS: 'rolling-key-of-everything',
    });
  }

  /** Restarts one replica after the other while the gateway calls, and gives what it said and heard. */
  async function restartUnderCalls(around: Around): Promise<{ lives: Life[]; calls: readonly Call[] }> {
    const edgePort = await lastingPort();
    edge = await startNginx(join(directory, 'edge'), edgePort, ports, around.retries);
    // An nginx that reads its configuration again closes idle connections under whoever is about to use them (seen).
    const gateway = new Gateway(`http://127.0.0.1:${edgePort}/callbacks/esms/${TOKEN}`, around.retries);
    const lives: Life[] = [];
    const begin = performance.now();
    let isOver = false;
    const telling = gateway.tell(
      livesUntil(() => isOver, lives),
      { atOnce: 64, rate: RATE },
    );
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const index = restart % 2;
      await around.before(ports.filter((port) => port !== ports[index]));
      expect(await replicas[index]?.stop()).toBe(0);
      replicas[index] = await start(index);
      await around.after();
    }
    isOver = true;
    await telling;
    const rate = (gateway.calls.length / (performance.now() - begin)) * 1_000;
    report(around.name, gateway.calls, rate);
    gateway.end();
    return { lives, calls: gateway.calls };
  }

  async function expectAllKept({ lives, calls }: { lives: Life[]; calls: readonly Call[] }): Promise<void> {
    const open = `select count(*)::int as open from (${OPEN_DELIVERIES}) each`;
    const settled = async () => {
      const spooled = [0, 1].flatMap((index) => readdirSync(join(directory, String(index), 'spool')));
      expect(spooled.filter((name) => name !== 'damaged')).toEqual([]);
      expect(await query(database.url, open)).toEqual([{ open: 0 }]);
    };
    await vi.waitFor(settled, { timeout: 120_000, interval: 250 });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    // What is to become of a message is defined only where all that was said of it was heard.
    const refused = new Set(calls.filter(({ end }) => end !== 'answered').map(({ smsId }) => smsId));
    const heard = lives.filter(({ smsId }) => !refused.has(smsId));
    const violations = await new Checker(client, calls).check(heard);
    await client.end();
    // `lost`: it was refused. That is counted; lost though answered is another kind.
    expect(violations.filter(({ kind }) => kind !== 'lost')).toEqual([]);
  }

  const unanswered = (calls: readonly Call[]): string[] =>
    calls.flatMap((call) => (call.end === 'answered' ? [] : [call.detail]));

  it('behind nginx that asks the next one: each callback is answered 200 and kept', {
    timeout: 1_200_000,
  }, async () => {
    const told = await restartUnderCalls({ name: 'asks the next one', retries: true, before: nothing, after: nothing });
    expect(unanswered(told.calls)).toEqual([]);
    await expectAllKept(told);
  });

  it('behind nginx that asks no other, but is told before: the same', { timeout: 1_200_000 }, async () => {
    const before = (others: readonly number[]): Promise<void> => edge.route(others);
    const told = await restartUnderCalls({
      name: 'is told before',
      retries: false,
      before,
      after: () => edge.route(ports),
    });
    expect(unanswered(told.calls)).toEqual([]);
    await expectAllKept(told);
  });

  it('behind nginx that asks no other and is not told: what was answered is kept', { timeout: 1_200_000 }, async () => {
    const told = await restartUnderCalls({ name: 'neither', retries: false, before: nothing, after: nothing });
    await expectAllKept(told);
  });
});

interface Around {
  name: string;
  retries: boolean;
  /** Before a stop, with the ports of the replicas that stay. */
  before(others: readonly number[]): Promise<void>;
  /** When it is ready again. */
  after(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/** Lives without end, each noted as it is begun. */
function* livesUntil(isOver: () => boolean, begun: Life[]): Generator<Life> {
  const random = new Random(1);
  for (let round = 0; !isOver(); round += 1) {
    for (const life of planLives(random, 100, `rolling-${round}`)) {
      begun.push(life);
      yield life;
    }
  }
}

function report(edge: string, calls: readonly Call[], rate: number): void {
  const details = calls.filter(({ end }) => end !== 'answered').map(({ detail }) => detail);
  const counts = [...new Set(details)].map((each) => `${each} ${details.filter((detail) => detail === each).length}`);
  const retried = calls.filter(({ tries }) => tries > 1).length;
  console.log(
    `${edge}: ${calls.length} callbacks, ${rate.toFixed(0)}/s, ${retried} called again; not 200: ${counts.join(', ') || 'none'}`,
  );
}
