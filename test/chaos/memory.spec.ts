import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { callbackQuery, counted } from '../support/callback-query.js';
import { send } from '../support/service.js';
import { ServiceBuild, ServiceProcess } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const CALLBACKS = Number(process.env['MEMORY_CALLBACKS'] ?? 1_000_000);
const SAMPLES = 20;
const AT_ONCE = 32;
/** Caches fill, code is compiled, and pools open: how much of the run that may take. */
const WARM_UP_SAMPLES = 4;
/**
 * Bytes a callback. Whatever is kept of each takes 16 at the least (an entry of a `Set`, without what it names); what
 * collections differ by was 2.4 over 200,000 callbacks (measured), and is less a callback the longer the run.
 */
const HEAP_BOUND = 8;
/** Allocators give memory back in pieces, so what the system sees is less exact. */
const RESIDENT_BOUND = 64;
const TOKEN = 'memory-callback-token';

let build: ServiceBuild;
let database: TestDatabase;
let service: ServiceProcess;
let probePort: number;
const directory = mkdtempSync(join(tmpdir(), 'esms-memory-'));

beforeAll(async () => {
  build = await ServiceBuild.make();
  database = await createTestDatabase();
  probePort = await freePort();
  service = await ServiceProcess.start(build, {
    DATABASE_URL: database.url,
    DATA_DIR: directory,
    CALLBACK_TOKENS: TOKEN,
    API_KEYS: 'memory-key-of-everything',
    NODE_OPTIONS: `--import ${new URL('memory-probe.mjs', import.meta.url).href}`,
    MEMORY_PROBE_PORT: String(probePort),
  });
});

afterAll(async () => {
  await service.stop();
  await database.drop();
  build.remove();
  rmSync(directory, { recursive: true, force: true });
});

it(`stays flat over ${CALLBACKS} callbacks`, { timeout: 60_000 + CALLBACKS * 10 }, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const heap: number[] = [];
  const resident: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await callBack(agent, sample, CALLBACKS / SAMPLES);
    const { body } = await send<NodeJS.MemoryUsage>(probePort, '/');
    heap.push(body.heapUsed);
    resident.push(body.rss);
  }
  agent.destroy();
  console.log(`heap after collection, MB: ${megabytes(heap)}\nresident, MB: ${megabytes(resident)}`);
  console.log(`growth in bytes a callback: heap ${growth(heap).toFixed(2)}, resident ${growth(resident).toFixed(2)}`);
  expect(growth(heap)).toBeLessThan(HEAP_BOUND);
  expect(growth(resident)).toBeLessThan(RESIDENT_BOUND);
});

/** So many callbacks, each answered 200: a message that is sent, then delivered. */
async function callBack(agent: Agent, sample: number, amount: number): Promise<void> {
  const numbers = Array.from({ length: amount / 2 }, (_, index) => index).values();
  const tell = async (): Promise<void> => {
    for (const index of numbers) {
      const smsId = `memory-${sample}-${index}`;
      expect(await status(agent, callbackQuery(smsId, { ...counted(0, 0, 1), SendStatus: '7' }))).toBe(200);
      expect(await status(agent, callbackQuery(smsId))).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tell));
}

function status(agent: Agent, query: string): Promise<number | undefined> {
  const path = `/callbacks/esms/${TOKEN}?${query}`;
  return new Promise((resolve, reject) => {
    get({ agent, port: service.port, host: '127.0.0.1', path }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    }).on('error', reject);
  });
}

/** From the median of the first third to that of the last, in bytes a callback, warm-up left out. */
function growth(samples: readonly number[]): number {
  const warm = samples.slice(WARM_UP_SAMPLES);
  const third = Math.floor(warm.length / 3);
  const between = ((warm.length - third) * CALLBACKS) / SAMPLES;
  return (median(warm.slice(-third)) - median(warm.slice(0, third))) / between;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

const megabytes = (samples: readonly number[]): string =>
  samples.map((bytes) => (bytes / 1024 / 1024).toFixed(1)).join(' ');
