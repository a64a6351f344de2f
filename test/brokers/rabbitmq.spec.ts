import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RabbitMqOptions } from '../../src/config/options.js';
import { loadRabbitMq } from '../../src/events/relays/rabbitmq.relay.js';
import type { DispatcherInstance } from '../support/dispatcher-instance.js';
import { HalfOpenProxy } from '../support/half-open-proxy.js';
import { openHandles } from '../support/open-handles.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { RABBITMQ_ABSENT, RabbitMqServer } from '../support/rabbitmq-server.js';
import { MAX_ATTEMPTS, outageCount, sequencesOf, withRelays } from '../support/relay-trial.js';
import { absenceOf } from '../support/server-process.js';

const NAME = 'relay-rabbitmq';
const ABSENT = RABBITMQ_ABSENT ?? absenceOf('amqp-consume');

const DECLARED_FOR_GOOD_MS = 4_000;

describe.skipIf(ABSENT !== null)(`a relay to RabbitMQ ${ABSENT ?? ''}`, () => {
  let server: RabbitMqServer;
  let admin: ChannelModel;
  let channel: Channel;

  beforeAll(async () => {
    server = await RabbitMqServer.start();
    await reconnect();
  });

  afterAll(() => server?.remove());

  async function reconnect(): Promise<void> {
    admin = await connect(server.url);
    admin.on('error', () => undefined);
    channel = await admin.createChannel();
  }

  /** A relay with an exchange of its own, and a queue that is bound to it. */
  async function withRelay(
    exchange: string,
    work: (instance: DispatcherInstance) => Promise<void>,
    { bound = ['#'], queue = {}, ...options }: Partial<RabbitMqOptions> & { bound?: string[]; queue?: object } = {},
  ): Promise<void> {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    await channel.assertQueue(exchange, { durable: true, ...queue });
    for (const pattern of bound) await channel.bindQueue(exchange, exchange, pattern);
    await withRelays({ rabbitmq: { url: server.url, exchange, ...options } }, work);
  }

  /** The bodies of so many messages of a queue, as a client in another language reads them. */
  function consume(queue: string, count: number): { id: string; subject: string; sequence: string; type: string }[] {
    const parameters = [`--url=${server.url}`, '-q', queue, '-c', String(count), '--', 'sh', '-c', 'cat; echo'];
    const text = execFileSync('amqp-consume', parameters, { encoding: 'utf8', timeout: 30_000 });
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  async function depth(queue: string): Promise<number> {
    return (await channel.checkQueue(queue)).messageCount;
  }

  it('outlives a broker that is killed: everything there, in order, none parked, no attempt spent', async () => {
    await withRelay('killed', async (instance) => {
      // RabbitMQ writes what was declared within two seconds (Erlang's disk_log), so a kill may forget a new queue.
      await sleep(DECLARED_FOR_GOOD_MS);
      await raiseMany(instance, { messages: 100, each: 3, prefix: 'before' });
      await vi.waitFor(async () => expect(await depth('killed')).toBeGreaterThan(20), { interval: 5 });
      await server.kill();
      await raiseMany(instance, { messages: 100, each: 3, prefix: 'after' });
      await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(MAX_ATTEMPTS * 3), { timeout: 60_000 });
      const { parked, lag } = await instance.subscriptions.get(NAME);
      expect(parked).toBe(0);
      expect(lag).toBeGreaterThanOrEqual(300);
      await server.resume();
      await reconnect();
      await instance.caughtUp(NAME);
      const arrived = sequencesOf(consume('killed', await depth('killed')));
      expect(arrived.size).toBe(200);
      for (const sequences of arrived.values()) expect(sequences).toEqual([1, 2, 3]);
      expect(instance.log.filter((line) => line.includes('failed, attempt'))).toEqual([]);
    });
  });

  it('parks what no queue is bound for, with the reason, and only that; requeued after the binding it arrives', async () => {
    await withRelay(
      'unroutable',
      async (instance) => {
        await raise(instance, makeEvent('m-1', 1, 'message.sent'), makeEvent('m-1', 2, 'message.delivered'));
        await raise(instance, makeEvent('m-2', 1, 'message.delivered'));
        const isParked = async () =>
          expect(await instance.subscriptions.get(NAME)).toMatchObject({ parked: 1, lag: 1 });
        await vi.waitFor(isParked, { timeout: 15_000 });
        const { items } = await instance.subscriptions.parked(NAME);
        expect(items).toMatchObject([{ subject: 'm-1', type: 'message.sent', attempts: MAX_ATTEMPTS }]);
        expect(items[0]?.error).toContain('312 NO_ROUTE: no queue is bound to exchange unroutable for message.sent');
        expect(consume('unroutable', 1)).toMatchObject([{ subject: 'm-2' }]);
        await channel.bindQueue('unroutable', 'unroutable', 'message.sent');
        expect(await instance.subscriptions.requeue(NAME)).toBe(1);
        await instance.caughtUp(NAME);
        expect(sequencesOf(consume('unroutable', 2))).toEqual(new Map([['m-1', [1, 2]]]));
      },
      { bound: ['message.delivered'] },
    );
  });

  it('takes a full queue that refuses more for an outage', async () => {
    await withRelay(
      'full',
      async (instance) => {
        await raiseMany(instance, { messages: 4, each: 1 });
        await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(MAX_ATTEMPTS), { timeout: 15_000 });
        expect(await instance.subscriptions.get(NAME)).toMatchObject({ parked: 0 });
        for (let left = 4; left > 0; left -= 1) {
          await vi.waitFor(async () => expect(await depth('full')).toBe(1), { timeout: 15_000 });
          consume('full', 1);
        }
        await instance.caughtUp(NAME);
      },
      { queue: { arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } } },
    );
  });

  it('sends CloudEvents in binary mode: data in the body, the rest in headers and properties', async () => {
    const binary = { mode: 'binary', types: ['message.rejected'] } as const;
    await withRelay(
      'binary',
      async (instance) => {
        const event = makeEvent('sms é', 7, 'message.rejected');
        await raise(instance, makeEvent('m-1', 1, 'message.sent'), event);
        await instance.caughtUp(NAME);
        const message = await channel.get('binary', { noAck: true });
        if (message === false) throw new Error('nothing there');
        expect(JSON.parse(message.content.toString())).toEqual(event.data);
        expect(message.fields).toMatchObject({ exchange: 'binary', routingKey: 'message.rejected', messageCount: 0 });
        expect(message.properties).toMatchObject({
          messageId: event.id,
          contentType: 'application/json',
          deliveryMode: 2,
          headers: {
            cloudEvents_specversion: '1.0',
            cloudEvents_id: event.id,
            cloudEvents_source: '/nestjs-esms/accounts/default',
            cloudEvents_type: 'vn.nestjs-esms.message.rejected.v1',
            cloudEvents_subject: 'sms é',
            cloudEvents_time: event.time,
            cloudEvents_account: 'default',
            cloudEvents_sequence: '0000000007',
          },
        });
      },
      binary,
    );
  });

  it('says who a message went to only where it is told to', async () => {
    const recipient = { kind: 'phone', value: '0901888484' };
    const event = { ...makeEvent('m-1', 1), data: { message: { smsId: 'm-1', recipient } } } as ReturnType<
      typeof makeEvent
    >;
    for (const includeRecipient of [false, true]) {
      const name = `recipient-${includeRecipient}`;
      await withRelay(
        name,
        async (instance) => {
          await raise(instance, event);
          await instance.caughtUp(NAME);
          const [text] = [JSON.stringify(consume(name, 1))];
          expect(text.includes('recipient'), text).toBe(includeRecipient);
        },
        { includeRecipient },
      );
    }
  });

  it('notices a half-open connection under way, and loses nothing', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'AMQP');
    await withRelay(
      'half-open',
      async (instance) => {
        await raiseMany(instance, { messages: 5, each: 2, prefix: 'before' });
        await instance.caughtUp(NAME);
        proxy.isDead = true;
        await raiseMany(instance, { messages: 50, each: 2, prefix: 'after' });
        await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(0), { timeout: 15_000 });
        proxy.isDead = false;
        await instance.caughtUp(NAME);
        const arrived = sequencesOf(consume('half-open', await depth('half-open')));
        expect(arrived.size).toBe(55);
        for (const sequences of arrived.values()) expect(sequences).toEqual([1, 2]);
        expect(await instance.subscriptions.parked(NAME)).toMatchObject({ items: [] });
      },
      { url: proxy.url },
    );
    await proxy.close();
  });

  it('notices a half-open connection by its heartbeat, with nothing to send', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'AMQP');
    const before = await openHandles();
    const options = { types: [], mode: 'structured', includeRecipient: false, exchange: 'idle' } as const;
    const session = await (await loadRabbitMq({ ...options, url: proxy.url }))();
    proxy.isDead = true;
    await session.lost;
    await session.close();
    await proxy.close();
    expect((await openHandles()).timers).toBe(before.timers);
  });

  it('leaves no handle behind, with the broker there, away or half-open', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'AMQP');
    const urls = [server.url, 'amqp://127.0.0.1:1', proxy.url, 'amqp://guest:wrong@' + new URL(server.url).host];
    const cycle = async (url: string): Promise<void> => {
      proxy.isDead = false;
      const sent = url === server.url || url === proxy.url;
      await withRelay(
        'handles',
        async (instance) => {
          await raise(instance, makeEvent('m-1', 1));
          if (sent) await instance.caughtUp(NAME);
          else await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(0), { timeout: 15_000 });
          proxy.isDead = true;
        },
        { url },
      );
    };
    await cycle(server.url);
    const before = await openHandles();
    for (const url of urls) await cycle(url);
    await proxy.close();
    expect(await openHandles()).toEqual(before);
  });
});
