import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectToNats } from '@nats-io/transport-node';
import { connect as connectToRabbitMq } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callbackQuery } from '../support/callback-query.js';
import { Certificate, CERTIFICATE_ABSENT } from '../support/certificate.js';
import { NATS_ABSENT, NatsServer } from '../support/nats-server.js';
import { RABBITMQ_ABSENT, RabbitMqServer } from '../support/rabbitmq-server.js';
import { ServiceBuild, ServiceProcess } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TOKEN = 'tls-callback-token';
const ABSENT = CERTIFICATE_ABSENT ?? NATS_ABSENT ?? RABBITMQ_ABSENT;

describe.skipIf(ABSENT !== null)(`the service relays by TLS ${ABSENT ?? ''}`, () => {
  let build: ServiceBuild;
  let certificate: Certificate;
  let nats: NatsServer;
  let rabbitmq: RabbitMqServer;
  let database: TestDatabase;
  let directory: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    build = await ServiceBuild.make();
    certificate = Certificate.make();
    nats = await NatsServer.start(certificate);
    rabbitmq = await RabbitMqServer.start(tmpdir(), certificate);
    const connection = await connectToRabbitMq(rabbitmq.url);
    const channel = await connection.createChannel();
    await channel.assertExchange('esms.events', 'topic', { durable: true });
    await channel.assertQueue('all', { durable: true });
    await channel.bindQueue('all', 'esms.events', '#');
    await connection.close();
  });

  afterAll(async () => {
    await nats?.remove();
    await rabbitmq?.remove();
    certificate.remove();
    build.remove();
  });

  beforeEach(async () => {
    database = await createTestDatabase();
    directory = mkdtempSync(join(tmpdir(), 'esms-tls-'));
  });

  afterEach(async () => {
    await service.stop();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** One callback to the service, which has these variables besides. */
  async function callBack(variables: Record<string, string>): Promise<void> {
    service = await ServiceProcess.start(build, {
      DATABASE_URL: database.url,
      DATA_DIR: directory,
      CALLBACK_TOKENS: TOKEN,
      API_KEYS: 'tls-key-of-everything',
      ...variables,
    });
    const { status } = await service.send(`/callbacks/esms/${TOKEN}?${callbackQuery('by-tls')}`);
    expect(status).toBe(200);
  }

  const trusting = (): Record<string, string> => ({ NODE_EXTRA_CA_CERTS: certificate.file });

  /** How many events the stream of NATS has; 0 where there is none yet. */
  async function natsDepth(): Promise<number> {
    const connection = await connectToNats(nats.place);
    try {
      const { streams } = await jetstreamManager(connection);
      return (await streams.info('ESMS_EVENTS')).state.messages;
    } catch {
      return 0;
    } finally {
      await connection.close();
    }
  }

  async function rabbitMqDepth(): Promise<number> {
    const connection = await connectToRabbitMq(rabbitmq.url);
    const { messageCount } = await (await connection.createChannel()).checkQueue('all');
    await connection.close();
    return messageCount;
  }

  const arrives = (depth: () => Promise<number>): Promise<unknown> =>
    vi.waitFor(async () => expect(await depth()).toBeGreaterThan(0), { timeout: 20_000, interval: 100 });

  const isRefused = (reason: RegExp): Promise<unknown> =>
    vi.waitFor(() => expect(service.output).toMatch(reason), { timeout: 20_000, interval: 100 });

  it('to a NATS whose certificate it was told to trust, and to no other', async () => {
    await callBack({ NATS_URL: nats.url });
    await isRefused(/ERROR[^\n]*EsmsRelay nats[^\n]*self-signed certificate/);
    expect(await natsDepth()).toBe(0);
    await service.stop();
    await callBack({ NATS_URL: nats.url, ...trusting() });
    await arrives(natsDepth);
  });

  it('to a RabbitMQ whose certificate it was told to trust, and to no other', async () => {
    const url = rabbitmq.tlsUrl ?? '';
    await callBack({ RABBITMQ_URL: url });
    await isRefused(/ERROR[^\n]*EsmsRelay rabbitmq[^\n]*self-signed certificate/);
    expect(await rabbitMqDepth()).toBe(0);
    await service.stop();
    await callBack({ RABBITMQ_URL: url, ...trusting() });
    await arrives(rabbitMqDepth);
  });
});
