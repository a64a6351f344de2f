import { type INestApplication, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EsmsModule, EsmsReadiness } from '../../src/index.js';
import { DatabaseProxy, type ProxyMode } from '../support/database-proxy.js';
import { eventHandler } from '../support/event-handler.js';
import { query } from '../support/query.js';
import { SpoolDirectory } from '../support/spool-directory.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let proxy: DatabaseProxy;
let spools: SpoolDirectory;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await DatabaseProxy.start(database.url);
  spools = new SpoolDirectory();
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  process.off('unhandledRejection', note);
  await proxy.close();
  await database.drop();
  spools.remove();
});

/** What Nest 10 and 11 do at every `close()`, one that is under way or over included; 12 shares the one under way. */
const closeAsBefore12 = (app: INestApplication): Promise<void> =>
  (app as unknown as { runShutdownSequence(): Promise<void> }).runShutdownSequence();

async function host(log: string[]): Promise<INestApplication> {
  const esms = EsmsModule.forRoot({
    accounts: { default: { tokens: ['callback-token-of-closing'] } },
    database: { url: proxy.url },
    spool: { directory: spools.path },
    webhooks: {},
    api: {},
  });
  @Module({ imports: [esms], providers: [eventHandler({ subscriber: 'closing' }, () => undefined)] })
  class Root {}
  return NestFactory.create(Root, new ExpressAdapter(), { logger: linesInto(log), abortOnError: false });
}

function linesInto(log: string[]): LoggerService {
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  return { log: () => undefined, warn: write, error: write, fatal: write };
}

/** Each is a moment at which a host may be closed; what it began goes on behind. */
const STAGES: Readonly<Record<string, (app: INestApplication) => Promise<unknown>>> = {
  'before init': async () => null,
  'while init is under way': async (app) => ({ behind: app.init() }),
  'while listen is under way': async (app) => ({ behind: app.listen(0, '127.0.0.1') }),
  'after init, the database just being reached': (app) => app.init(),
  'when it listens and is ready': async (app) => {
    await app.listen(0, '127.0.0.1');
    await app.get(EsmsReadiness).whenReady();
  },
};

describe.each<ProxyMode>(['pass', 'refuse'])('with a database in mode %s', (mode) => {
  const stages = Object.keys(STAGES).filter((stage) => mode === 'pass' || !stage.includes('is ready'));

  it.each(stages)('closing many times is closing once: %s', async (stage) => {
    proxy.set(mode);
    const log: string[] = [];
    const app = await host(log);
    const begun = (await STAGES[stage]?.(app)) as { behind?: Promise<unknown> } | null;
    await Promise.all([closeAsBefore12(app), closeAsBefore12(app), app.close()]);
    // A start that goes on behind the close may fail; it must not leave anything open.
    await begun?.behind?.catch(() => undefined);
    await closeAsBefore12(app);
    await app.close();
    expect(unhandled).toEqual([]);
    expect(log.filter((line) => /pool|Called end|after calling|tried again|waits for the database/.test(line))).toEqual(
      [],
    );
    const ours = `select from pg_stat_activity where datname = current_database() and application_name like 'nestjs-esms%'`;
    await expect.poll(() => query(database.url, ours)).toEqual([]);
  });
});
