import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectToNats } from '@nats-io/transport-node';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RelaysOptions } from '../../src/config/options.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { HalfOpenProxy } from '../support/half-open-proxy.js';
import { NATS_ABSENT, NatsServer } from '../support/nats-server.js';
import { makeEvent, raise } from '../support/outbox-events.js';
import { RABBITMQ_ABSENT, RabbitMqServer } from '../support/rabbitmq-server.js';
import { errorsOf, withRelays } from '../support/relay-trial.js';
import { createTestDatabase } from '../support/test-database.js';

const PATIENT = { timeout: 60_000, interval: 50 };
/** RabbitMQ writes what was declared within two seconds. */
const DECLARED_FOR_GOOD_MS = 4_000;

/** Until so many tries were made beyond those so far: what is told once must not be told at each. */
const tried = (proxy: HalfOpenProxy, more: number): Promise<void> => {
  const enough = proxy.connections + more;
  return vi.waitFor(() => expect(proxy.connections).toBeGreaterThanOrEqual(enough), PATIENT);
};

const told = (instance: DispatcherInstance, count: number): Promise<void> =>
  vi.waitFor(() => expect(errorsOf(instance)).toHaveLength(count), PATIENT);

const isWell = (instance: DispatcherInstance): Promise<void> =>
  vi.waitFor(() => expect(instance.log.join('\n')).toContain('the broker can be used again'), PATIENT);

describe.skipIf(RABBITMQ_ABSENT !== null)(`a relay to RabbitMQ at its start ${RABBITMQ_ABSENT ?? ''}`, () => {
  let server: RabbitMqServer;

  beforeAll(async () => {
    server = await RabbitMqServer.start();
  });

  afterAll(() => server?.remove());

  /** What a consumer does at its deploy: it binds a queue, and is refused with 404 where there is no exchange. */
  async function bind(exchange: string): Promise<void> {
    const connection = await connect(server.url);
    connection.on('error', () => undefined);
    try {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, exchange, '#');
    } finally {
      await connection.close();
    }
  }

  async function administer(
    work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>) => Promise<unknown>,
  ) {
    const connection = await connect(server.url);
    await work(await connection.createChannel());
    await connection.close();
  }

  const withExchange = (
    exchange: string,
    work: (instance: DispatcherInstance) => Promise<void>,
    url = server.url,
  ): Promise<void> => withRelays({ rabbitmq: { url, exchange } }, work);

  it('declares its exchange, before there is an event', async () => {
    await expect(bind('declared')).rejects.toThrow(/404/);
    await withExchange('declared', async (instance) => {
      await vi.waitFor(() => bind('declared'), PATIENT);
      expect(errorsOf(instance)).toEqual([]);
    });
  });

  it('tells of a wrong password once, without it, and of each other reason', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'AMQP');
    const url = proxy.url.replace('guest:guest', 'guest:the-wrong-secret');
    await withExchange(
      'refused',
      async (instance) => {
        await tried(proxy, 3);
        expect(errorsOf(instance)).toEqual([expect.stringMatching(/the broker cannot be used.*403.*ACCESS.REFUSED/)]);
        // An event that waits for it is no news either.
        await raise(instance, makeEvent('m-1', 1));
        await tried(proxy, 3);
        expect(instance.log.filter((line) => /ACCESS.REFUSED|outage/.test(line))).toHaveLength(1);
        await server.kill();
        await told(instance, 2);
        expect(instance.log.join('\n')).not.toContain('the-wrong-secret');
        await server.resume();
        await told(instance, 3);
      },
      url,
    );
    await proxy.close();
  });

  it('tells of an exchange of another kind, and uses it once that is gone', async () => {
    await administer((channel) => channel.assertExchange('other-kind', 'fanout', { durable: true }));
    await withExchange('other-kind', async (instance) => {
      await told(instance, 1);
      expect(errorsOf(instance)).toEqual([expect.stringMatching(/406.*other-kind/)]);
      await administer((channel) => channel.deleteExchange('other-kind'));
      await isWell(instance);
      await bind('other-kind');
    });
  });

  it('boots without its broker, and declares when that comes, and again when it forgot', async () => {
    await server.kill();
    await withExchange('later', async (instance) => {
      await told(instance, 1);
      expect(errorsOf(instance)).toEqual([expect.stringMatching(/the broker cannot be used.*ECONNREFUSED/)]);
      await server.resume();
      await isWell(instance);
      await bind('later');
      await sleep(DECLARED_FOR_GOOD_MS);
      await administer((channel) => channel.deleteExchange('later'));
      await server.kill();
      await told(instance, 2);
      await server.resume();
      await vi.waitFor(() => bind('later'), PATIENT);
    });
  });

  it('is not made in a process without a dispatcher, which calls no broker', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'AMQP');
    const database = await createTestDatabase();
    const relays: RelaysOptions = { rabbitmq: { url: proxy.url } };
    const instance = await DispatcherInstance.start(database.url, { dispatcher: false, relays });
    await instance.stop();
    expect(proxy.connections).toBe(0);
    await proxy.close();
    await database.drop();
  });
});

describe.skipIf(NATS_ABSENT !== null)(`a relay to NATS at its start ${NATS_ABSENT ?? ''}`, () => {
  let server: NatsServer;

  beforeAll(async () => {
    server = await NatsServer.start();
  });

  afterAll(() => server?.remove());

  async function subjectsOf(name: string): Promise<string[]> {
    const connection = await connectToNats({ ...server.place, reconnect: false });
    try {
      const { streams } = await jetstreamManager(connection);
      return (await streams.info(name)).config.subjects ?? [];
    } finally {
      await connection.close();
    }
  }

  async function addStream(name: string, subjects: string[]): Promise<void> {
    const connection = await connectToNats(server.place);
    await (await jetstreamManager(connection)).streams.add({ name, subjects });
    await connection.close();
  }

  it('makes its stream, before there is an event', async () => {
    await withRelays({ nats: { url: server.url, stream: 'MADE', subjectPrefix: 'made' } }, async (instance) => {
      await vi.waitFor(async () => expect(await subjectsOf('MADE')).toEqual(['made.>']), PATIENT);
      expect(errorsOf(instance)).toEqual([]);
    });
  });

  it('tells once of a stream of that name which takes something else', async () => {
    await addStream('TAKEN', ['orders.>']);
    const proxy = await HalfOpenProxy.start(server.url.replace('nats:', 'http:'), 'CONNECT');
    const url = proxy.url.replace('http:', 'nats:').replace(/\/$/, '');
    await withRelays({ nats: { url, stream: 'TAKEN', subjectPrefix: 'wanted' } }, async (instance) => {
      await tried(proxy, 4);
      expect(errorsOf(instance)).toEqual([expect.stringMatching(/the broker cannot be used.*stream/)]);
    });
    await proxy.close();
  });

  it('boots without its broker, and makes the stream when that comes', async () => {
    await server.kill();
    await withRelays({ nats: { url: server.url, stream: 'LATER', subjectPrefix: 'later' } }, async (instance) => {
      await told(instance, 1);
      await server.resume();
      await isWell(instance);
      expect(await subjectsOf('LATER')).toEqual(['later.>']);
    });
  });
});
