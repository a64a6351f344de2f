import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Channel, CHANNELS, EsmsModule } from '../../src/index.js';
import {
  type CallbackOutcome,
  createTestDatabase,
  esmsCallback,
  EsmsEventRecorder,
  type TestDatabase,
} from '../../src/testing.js';
import { send } from '../support/service.js';

const TOKEN = 'token-of-the-test-kit';

let database: TestDatabase;
let app: INestApplication;
let recorder: EsmsEventRecorder;

beforeAll(async () => {
  database = await createTestDatabase({ url: inject('adminUrl') });
  const accounts = { default: { tokens: [TOKEN] } };
  const esms = EsmsModule.forRoot({ accounts, database: { url: database.url }, spool: false });
  const module = await Test.createTestingModule({ imports: [esms], providers: [EsmsEventRecorder] }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  recorder = app.get(EsmsEventRecorder);
});

afterAll(async () => {
  await app?.close();
  await database.drop();
});

async function call(query: string): Promise<void> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  expect(await send(port, `/callbacks/esms/${TOKEN}?${query}`)).toMatchObject({ status: 200, text: 'OK' });
}

describe('a callback of', () => {
  const channels = CHANNELS.filter(
    (channel): channel is Exclude<Channel, 'unrecognised'> => channel !== 'unrecognised',
  );
  const outcomes: Exclude<CallbackOutcome, 'pending'>[] = [
    'sent',
    'delivered',
    'undelivered',
    'partially_delivered',
    'rejected',
  ];

  it.each(channels)('%s is what it says, with every outcome', async (channel) => {
    for (const outcome of outcomes) {
      const smsId = `${channel}-${outcome}`;
      await call(esmsCallback({ smsId, channel, outcome, requestId: 'one of ours' }));
      const { data } = await recorder.next(`message.${outcome}`, { smsId });
      const expected = {
        channel,
        requestId: 'one of ours',
        outcome: outcome === 'sent' ? null : outcome,
        anomalies: [],
      };
      expect(data.message).toMatchObject(expected);
    }
  });

  it('a message that is only waiting raises its price alone', async () => {
    await call(esmsCallback({ smsId: 'waiting', outcome: 'pending' }));
    const { data } = await recorder.next('message.cost_changed', { smsId: 'waiting' });
    expect(data).toMatchObject({ delta: '0.0000', message: { state: 'pending' } });
  });
});

describe('the recorder', () => {
  it('gives each event once, whether it came before or comes after', async () => {
    await call(esmsCallback({ smsId: 'twice', outcome: 'sent' }));
    await recorder.next('message.sent', { smsId: 'twice' });
    const coming = recorder.next('message.delivered', { smsId: 'twice' });
    await call(esmsCallback({ smsId: 'twice' }));
    expect(await coming).toMatchObject({ subject: 'twice', data: { previous: { state: 'sent' } } });
    await expect(recorder.next('message.delivered', { smsId: 'twice', timeout: 1 })).rejects.toThrow(
      /no message.delivered of twice came within 1 ms; unseen are: .*message.cost_changed of twice/,
    );
    expect(recorder.events.filter(({ subject }) => subject === 'twice').map(({ type }) => type)).toEqual([
      'message.sent',
      'message.cost_changed',
      'message.delivered',
    ]);
  });
});

it('a database is gone when it was dropped', async () => {
  const other = await createTestDatabase({ url: inject('adminUrl') });
  await other.drop();
  await expect(createTestDatabase({ url: other.url })).rejects.toMatchObject({ code: '3D000' });
});

it('a connection that ends by itself while its database is dropped is not told of an error', async () => {
  const other = await createTestDatabase({ url: inject('adminUrl') });
  const pool = new Pool({ connectionString: other.url });
  const errors: Error[] = [];
  pool.on('error', (error) => errors.push(error));
  await pool.query('select 1');
  const dropped = other.drop();
  await setTimeout(100);
  await pool.end();
  await dropped;
  expect(errors).toEqual([]);
});
