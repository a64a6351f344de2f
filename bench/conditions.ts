import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchPostgres } from './postgres/bench-postgres.js';
import { median } from './report/medians.js';
import { machineSeconds } from './rounds/processor-time.js';

const PACKAGES = ['@nestjs/core', 'fastify', 'express', 'typeorm', 'pg'];
const WRITES = 200;
const LISTEN_SECONDS = 2;
const BLOCK = Buffer.alloc(8_192);

/** The machine, the versions and PostgreSQL's settings, a line each. */
export async function conditionsOf(postgres: BenchPostgres): Promise<string[]> {
  const processors = cpus();
  return [
    `${processors.length} processors (${processors[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB,` +
      ` ${process.platform} ${process.arch}; server, load generator and PostgreSQL share them`,
    `other work kept ${(await othersBusy()).toFixed(2)} processors busy before the start`,
    `fdatasync of an 8 KB block: ${fdatasyncMs().toFixed(2)} ms (median)`,
    `Node ${process.version}, ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', ')}`,
    `PostgreSQL: ${await postgres.settings()}`,
  ];
}

async function othersBusy(): Promise<number> {
  const before = machineSeconds();
  await sleep(LISTEN_SECONDS * 1_000);
  return (machineSeconds() - before) / LISTEN_SECONDS;
}

function versionOf(name: string): string {
  return (JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string }).version;
}

/** What the disk under the database takes for a commit, with nothing else going on. */
function fdatasyncMs(): number {
  const path = '.bench/fdatasync';
  const file = openSync(path, 'w');
  try {
    return median(
      Array.from({ length: WRITES }, () => {
        const start = performance.now();
        writeSync(file, BLOCK);
        fdatasyncSync(file);
        return performance.now() - start;
      }),
    );
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
