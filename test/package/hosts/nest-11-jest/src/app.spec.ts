import { readFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createTestDatabase, esmsCallback, EsmsEventRecorder, type TestDatabase } from 'nestjs-esms/testing';
import request from 'supertest';
import type { App } from 'supertest/types';
import { AppModule } from './app.module';
import { ObservedEvents } from './observed-events';

const callbacks = JSON.parse(readFileSync('callbacks.json', 'utf8')) as string[];

describe('receipts', () => {
  let database: TestDatabase;
  let app: INestApplication<App>;

  beforeAll(async () => {
    database = await createTestDatabase();
    process.env.DATABASE_URL = database.url;
    const moduleFixture = await Test.createTestingModule({
      imports: [AppModule],
      providers: [EsmsEventRecorder],
    }).compile();
    app = moduleFixture.createNestApplication();
    await app.init();
  }, 120_000);

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function call(callback: string): Promise<void> {
    await request(app.getHttpServer())
      .get(`/callbacks/esms/${process.env.ESMS_TOKEN}?${callback}`)
      .expect(200)
      .expect('content-type', 'text/plain; charset=utf-8')
      .expect('OK');
  }

  it('takes every callback, and knows what became of the messages', async () => {
    for (const callback of callbacks) await call(callback);
    const { body } = (await request(app.getHttpServer()).get('/messages').expect(200)) as {
      body: { items: { state: string }[] };
    };
    expect(body.items.map(({ state }) => state).sort()).toEqual([...Array<string>(5).fill('reported'), 'sent']);
  });

  it('gets its events', async () => {
    const recorder = app.get(EsmsEventRecorder);
    await call(esmsCallback({ smsId: 'order-7', channel: 'zalo_zns', outcome: 'undelivered' }));
    const { data } = await recorder.next('message.undelivered', { smsId: 'order-7' });
    expect(data.message.error).toMatchObject({ code: '-114', failureClass: 'recipient' });
    await recorder.next('message.cost_changed', { smsId: 'order-7' });
    expect(app.get(ObservedEvents).seen).toEqual(expect.arrayContaining(['message.sent', 'message.delivered']));
  });
});
