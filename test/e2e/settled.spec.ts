import { type INestApplication, Injectable, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  EsmsLedger,
  EsmsMessages,
  EsmsModule,
  EsmsReadiness,
  EsmsSubscriptions,
  type EsmsEvent,
  OnEsmsEvent,
} from '../../src/index.js';
import { esmsCallback, EsmsEventRecorder, settled } from '../../src/testing.js';
import { DatabaseProxy } from '../support/database-proxy.js';
import { eventHandler } from '../support/event-handler.js';
import { into } from '../support/host.js';
import { send } from '../support/service.js';
import { SpoolDirectory } from '../support/spool-directory.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TOKEN = 'callback-token-of-settled';

let database: TestDatabase;
let proxy: DatabaseProxy;
let spools: SpoolDirectory;
let app: INestApplication;

beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await DatabaseProxy.start(database.url);
  spools = new SpoolDirectory();
});

afterEach(async () => {
  await app.close();
  await proxy.close();
  await database.drop();
  spools.remove();
});

async function boot(providers: Provider[], maxAttempts = 3): Promise<void> {
  const esms = EsmsModule.forRoot({
    accounts: { default: { tokens: [TOKEN] } },
    database: { url: proxy.url },
    spool: { directory: spools.path },
    dispatcher: { maxAttempts, backoffMs: 10 },
  });
  @Module({ imports: [esms], providers })
  class Root {}
  app = await NestFactory.create(Root, new ExpressAdapter(), { logger: into([]), abortOnError: false });
  await app.listen(0, '127.0.0.1');
}

async function call(query: string): Promise<void> {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  expect(await send(port, `/callbacks/esms/${TOKEN}?${query}`)).toMatchObject({ status: 200, text: 'OK' });
}

it('is when every event has reached every subscriber, the recorder and the ledger too', async () => {
  await boot([EsmsEventRecorder]);
  await settled(app);
  for (let index = 0; index < 20; index += 1) await call(esmsCallback({ smsId: `of-${index}`, channel: 'viber' }));
  await settled(app);
  expect(app.get(EsmsEventRecorder).events).toHaveLength(40);
  expect(await app.get(EsmsLedger).summary()).toMatchObject({ sum: '9400.0000' });
});

it('is not before what a handler begins is done as well', async () => {
  @Injectable()
  class Reminders {
    constructor(readonly messages: EsmsMessages) {}

    @OnEsmsEvent('message.delivered', { subscriber: 'reminders' })
    async remind({ subject }: EsmsEvent): Promise<void> {
      await this.messages.register({ ref: `reminder-of-${subject}`, smsId: `reminder-of-${subject}` });
    }
  }
  await boot([EsmsEventRecorder, Reminders]);
  await app.get(EsmsReadiness).whenReady();
  await call(esmsCallback({ smsId: 'first' }));
  await settled(app);
  const recorded = app.get(EsmsEventRecorder).events.map(({ type, subject }) => `${type} ${subject}`);
  expect(recorded).toContain('message.registered reminder-of-first');
});

it('is when what fails is parked, whatever waits behind it', async () => {
  const fail = (): never => {
    throw new Error('no');
  };
  await boot([eventHandler({ subscriber: 'failing' }, fail)], 2);
  await app.get(EsmsReadiness).whenReady();
  await call(esmsCallback({ smsId: 'parked', outcome: 'sent' }));
  await call(esmsCallback({ smsId: 'parked' }));
  await settled(app);
  expect(await app.get(EsmsSubscriptions).get('failing')).toMatchObject({ parked: 1 });
});

it('says in time what is not done, and does not wait for who is paused', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await boot([eventHandler({ subscriber: 'slow', timeout: 9_000 }, () => gate)]);
  await app.get(EsmsReadiness).whenReady();
  await call(esmsCallback({ smsId: 'slow', outcome: 'sent' }));
  await expect(settled(app, { timeoutMs: 300 })).rejects.toThrow(
    /^not settled within 300 ms: .*slow has \d events to go/,
  );
  release();
  await settled(app);
  await app.get(EsmsSubscriptions).pause('slow');
  await call(esmsCallback({ smsId: 'paused', outcome: 'sent' }));
  await settled(app);
  expect((await app.get(EsmsSubscriptions).get('slow')).lag).toBeGreaterThan(0);
});

it('is not while a callback waits in the spool', async () => {
  await boot([EsmsEventRecorder]);
  await settled(app);
  proxy.set('refuse');
  await call(esmsCallback({ smsId: 'spooled' }));
  proxy.set('pass');
  await settled(app);
  expect(app.get(EsmsEventRecorder).events.map(({ subject }) => subject)).toContain('spooled');
});
