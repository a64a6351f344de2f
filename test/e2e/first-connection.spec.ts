import { Module } from '@nestjs/common';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  EsmsContacts,
  EsmsLedger,
  EsmsMessages,
  EsmsModule,
  EsmsQuarantine,
  EsmsReadiness,
  EsmsSubscriptions,
} from '../../src/index.js';
import pg from 'pg';
import { DatabaseProxy } from '../support/database-proxy.js';
import { into } from '../support/host.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let proxy: DatabaseProxy;
let app: INestApplicationContext | null = null;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await DatabaseProxy.start(database.url);
});

afterEach(async () => {
  await app?.close();
  app = null;
  await proxy.close();
  await database.drop();
});

async function boot(): Promise<INestApplicationContext> {
  const accounts = { default: { tokens: ['callback-token-of-the-first'] } };
  const esms = EsmsModule.forRoot({ accounts, database: { url: proxy.url }, spool: false });
  @Module({ imports: [esms] })
  class Root {}
  app = await NestFactory.createApplicationContext(Root, { logger: into([]), abortOnError: false });
  return app;
}

/** One call of each service, and a registration in a transaction of the host's. */
function callsOf(booted: INestApplicationContext, manager: pg.Client): Promise<unknown>[] {
  return [
    booted.get(EsmsMessages).register({ ref: 'first' }),
    booted.get(EsmsMessages).register({ ref: 'of-the-host' }, { manager }),
    booted.get(EsmsMessages).get('x'),
    booted.get(EsmsMessages).find(),
    booted.get(EsmsMessages).timeline('x'),
    booted.get(EsmsLedger).entries(),
    booted.get(EsmsLedger).summary(),
    booted.get(EsmsContacts).get('0901888484'),
    booted.get(EsmsQuarantine).list(),
    booted.get(EsmsSubscriptions).list(),
  ];
}

async function inHostTransaction<Result>(work: (manager: pg.Client) => Promise<Result>): Promise<Result> {
  const manager = new pg.Client({ connectionString: database.url });
  await manager.connect();
  await manager.query('begin');
  const result = await work(manager);
  await manager.query('commit');
  await manager.end();
  return result;
}

describe('right after the boot a call', () => {
  it('waits for the first connection, and is served', async () => {
    const booted = await boot();
    await inHostTransaction((manager) => Promise.all(callsOf(booted, manager)));
    expect((await booted.get(EsmsMessages).find({ ref: 'of-the-host' })).items).toHaveLength(1);
  });

  it('waits for a database that comes a moment later', async () => {
    proxy.set('refuse');
    const booted = await boot();
    await inHostTransaction(async (manager) => {
      const calls = Promise.all(callsOf(booted, manager));
      proxy.set('pass');
      await calls;
    });
  });

  it('does not wait for ever', async () => {
    proxy.set('refuse');
    const booted = await boot();
    const results = await inHostTransaction((manager) => Promise.allSettled(callsOf(booted, manager)));
    const away = { status: 'rejected', reason: expect.objectContaining({ code: 'database_away' }) as unknown };
    expect(results).toEqual(results.map(() => away));
  });

  it('ends with the application', async () => {
    proxy.set('refuse');
    const booted = await boot();
    const finding = booted.get(EsmsMessages).find();
    await Promise.all([expect(finding).rejects.toMatchObject({ code: 'database_away' }), booted.close()]);
    app = null;
  });
});

describe('EsmsReadiness', () => {
  it('awaits the first connection, however late', async () => {
    proxy.set('refuse');
    const readiness = (await boot()).get(EsmsReadiness);
    expect(await readiness.isReady()).toBe(false);
    const waiting = readiness.whenReady({ timeoutMs: 60_000 });
    proxy.set('pass');
    await waiting;
    await expect.poll(() => readiness.isReady()).toBe(true);
    await readiness.whenReady({ timeoutMs: 0 });
  });

  it('says what is in the way when it takes too long', async () => {
    proxy.set('refuse');
    const readiness = (await boot()).get(EsmsReadiness);
    const failing = async (): Promise<string> =>
      readiness.whenReady({ timeoutMs: 50 }).then(
        () => 'ready',
        (error: Error) => error.message,
      );
    await expect.poll(failing).toMatch(/^the database is not ready: .*ECONNRE/);
  });
});
