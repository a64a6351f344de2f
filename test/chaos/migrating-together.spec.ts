import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres } from '../../src/database/embedded-postgres/embedded-postgres.js';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { MIGRATIONS } from '../../src/database/migrations.js';
import { EmbeddedPostgresDirectory } from '../support/embedded-postgres-directory.js';
import { query } from '../support/query.js';
import { ServiceBuild, ServiceProcess } from '../support/service-process.js';

const REPLICAS = 20;
/** As the README has it for many replicas: with the defaults a fast start of all of them asks for more than 100. */
const FEW_CONNECTIONS = { INGEST_CONNECTIONS: '1', WORK_CONNECTIONS: '1' };
/**
 * Answers of /health/ready until it is, and a connection that took longer than a replica waits for one: with fewer
 * processors than replicas some do, and it asks again.
 */
const EXPECTED = /callbacks cannot be stored now|connection timeout/;
/** A line of a replica that could not do something. */
const FAILURE = /.* (?:WARN|ERROR|FATAL) .*|.*did not start.*/g;

let build: ServiceBuild;
let directory: EmbeddedPostgresDirectory;
let database: EmbeddedPostgres;
const data = mkdtempSync(join(tmpdir(), 'esms-together-'));
const replicas: ServiceProcess[] = [];

beforeAll(async () => {
  build = await ServiceBuild.make();
  directory = EmbeddedPostgresDirectory.create();
  // With PostgreSQL's own default of 100 connections.
  database = await startEmbeddedPostgres({ directory: directory.path });
});

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.kill()));
  await database.stop();
  await directory.remove();
  build.remove();
  rmSync(data, { recursive: true, force: true });
});

it(`${REPLICAS} replicas that start at once on an empty database: one migrates, all get ready`, {
  timeout: 600_000,
}, async () => {
  await noteWhoChangesTheSchema(database.url);
  const connections = watchConnections(database.url);
  replicas.push(...(await Promise.all(Array.from({ length: REPLICAS }, (_, index) => spawn(index)))));
  await Promise.all(replicas.map((replica) => ready(replica)));
  const most = await connections.stop();
  const late = replicas.filter(({ output }) => output.includes('connection timeout')).length;
  console.log(`most connections at once: ${most} of 100; replicas that had to ask again: ${late}`);

  const migrators = await query(database.url, 'select distinct application from public.schema_changes');
  expect(migrators).toHaveLength(1);
  expect(await query(database.url, 'select name from esms.nestjs_esms_migrations')).toHaveLength(MIGRATIONS.length);
  const failures = replicas.flatMap(({ output }) => output.match(FAILURE) ?? []);
  expect(failures.filter((failure) => !EXPECTED.test(failure))).toEqual([]);
});

/** What the server itself saw: the name each connection goes by, of each statement that changed the schema. */
async function noteWhoChangesTheSchema(url: string): Promise<void> {
  await query(
    url,
    `create table public.schema_changes (application text, tag text);
     create function public.note_schema_change() returns event_trigger language plpgsql as $$
     begin insert into public.schema_changes values (current_setting('application_name'), tg_tag); end $$;
     create event trigger note_schema_change on ddl_command_end execute function public.note_schema_change()`,
  );
}

function spawn(index: number): Promise<ServiceProcess> {
  const url = new URL(database.url);
  url.searchParams.set('application_name', `replica-${index}`);
  return ServiceProcess.spawn(build, {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: url.href,
    DATA_DIR: join(data, String(index)),
    CALLBACK_TOKENS: 'together-callback-token',
    API_KEYS: 'together-key-of-everything',
    ...FEW_CONNECTIONS,
  });
}

async function ready(replica: ServiceProcess): Promise<void> {
  const isReady = async () => expect((await replica.send('/health/ready')).status, replica.output).toBe(200);
  await vi.waitFor(isReady, { timeout: 300_000, interval: 200 });
}

/** Counts the connections of the replicas until it is stopped, and gives the most that there were. */
function watchConnections(url: string): { stop(): Promise<number> } {
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    const count = `select count(*)::int as count from pg_stat_activity where application_name like 'replica-%'`;
    for (; !isOver; await sleep(50)) most = Math.max(most, (await query(url, count))[0]?.['count'] as number);
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return most;
    },
  };
}
