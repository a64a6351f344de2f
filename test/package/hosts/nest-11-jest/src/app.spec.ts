import { readFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import type { App } from 'supertest/types';
import { AppModule } from './app.module';
import { ObservedEvents } from './observed-events';

const callbacks = JSON.parse(readFileSync('callbacks.json', 'utf8')) as string[];

describe('receipts', () => {
  let app: INestApplication<App>;

  beforeAll(async () => {
    const moduleFixture = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = moduleFixture.createNestApplication();
    await app.init();
    await until(async () => (await request(app.getHttpServer()).get('/health/ready')).status === 200);
  });

  afterAll(() => app.close());

  it('takes every callback', async () => {
    for (const callback of callbacks) {
      await request(app.getHttpServer())
        .get(`/callbacks/esms/${process.env.ESMS_TOKEN}?${callback}`)
        .expect(200)
        .expect('content-type', 'text/plain; charset=utf-8')
        .expect('OK');
    }
  });

  it('knows what became of the messages', async () => {
    const { body } = (await request(app.getHttpServer()).get('/messages').expect(200)) as {
      body: { items: { state: string }[] };
    };
    expect(body.items.map(({ state }) => state).sort()).toEqual([...Array<string>(5).fill('reported'), 'sent']);
  });

  it('gets its events', async () => {
    const { seen } = app.get(ObservedEvents);
    await until(() => Promise.resolve(seen.filter((type) => type === 'message.delivered').length >= 3));
    expect(seen).toEqual(expect.arrayContaining(['message.sent', 'message.undelivered', 'message.cost_changed']));
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
