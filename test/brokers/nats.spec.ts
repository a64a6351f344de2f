import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NatsOptions } from '../../src/config/options.js';
import { loadNats } from '../../src/events/relays/nats.relay.js';
import type { DispatcherInstance } from '../support/dispatcher-instance.js';
import { HalfOpenProxy } from '../support/half-open-proxy.js';
import { NATS_ABSENT, NatsServer } from '../support/nats-server.js';
import { openHandles } from '../support/open-handles.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { MAX_ATTEMPTS, outageCount, sequencesOf, withRelays } from '../support/relay-trial.js';

const NAME = 'relay-nats';
const READER = fileURLToPath(new URL('../support/read-jetstream.py', import.meta.url));

interface Read {
  subject: string;
  headers: Record<string, string>;
  body: { id: string; subject: string; sequence: string };
}

describe.skipIf(NATS_ABSENT !== null)(`a relay to NATS JetStream ${NATS_ABSENT ?? ''}`, () => {
  let server: NatsServer;

  beforeEach(async () => {
    server = await NatsServer.start();
  });

  afterEach(() => server.remove());

  const withRelay = (
    work: (instance: DispatcherInstance) => Promise<void>,
    options: Partial<NatsOptions> = {},
  ): Promise<void> => withRelays({ nats: { url: server.url, ...options } }, work);

  async function manage<Result>(work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<Result>) {
    const connection = await connect({ servers: server.url });
    try {
      return await work(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  }

  /** How many messages a stream has. */
  const depth = (stream = 'ESMS_EVENTS'): Promise<number> =>
    manage(async ({ streams }) => (await streams.info(stream)).state.messages);

  /** All messages of a stream, as a program in another language reads them. */
  async function read(stream = 'ESMS_EVENTS'): Promise<Read[]> {
    const parameters = [READER, String(server.port), stream, String(await depth(stream))];
    const text = execFileSync('python3', parameters, { encoding: 'utf8', timeout: 30_000 });
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Read);
  }

  it('outlives a broker that is killed: everything there, in order, none parked, no attempt spent', async () => {
    await withRelay(async (instance) => {
      await raiseMany(instance, { messages: 100, each: 3, prefix: 'before' });
      await vi.waitFor(async () => expect(await depth()).toBeGreaterThan(20), { interval: 5, timeout: 10_000 });
      await server.kill();
      await raiseMany(instance, { messages: 100, each: 3, prefix: 'after' });
      await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(MAX_ATTEMPTS * 3), { timeout: 60_000 });
      const { parked, lag } = await instance.subscriptions.get(NAME);
      expect(parked).toBe(0);
      expect(lag).toBeGreaterThanOrEqual(300);
      await server.resume();
      await instance.caughtUp(NAME);
      const arrived = (await read()).map(({ body }) => body);
      // What was sent twice has the same message id, so the stream has it once.
      expect(arrived).toHaveLength(600);
      const sequences = sequencesOf(arrived);
      expect(sequences.size).toBe(200);
      for (const each of sequences.values()) expect(each).toEqual([1, 2, 3]);
      expect(instance.log.filter((line) => line.includes('failed, attempt'))).toEqual([]);
    });
  });

  it('makes a stream where none takes its subjects, and uses as it is one that does', async () => {
    await withRelay(async (instance) => {
      await raise(instance, makeEvent('m-1', 1, 'message.delivered'));
      await instance.caughtUp(NAME);
    });
    const { config } = await manage(({ streams }) => streams.info('ESMS_EVENTS'));
    expect(config).toMatchObject({ subjects: ['esms.events.>'], storage: 'file', max_age: nanos(7 * 86_400_000) });
    await manage(({ streams }) => streams.add({ name: 'OWN', subjects: ['shop.>'], max_msgs: 1 }));
    const own = async (instance: DispatcherInstance): Promise<void> => {
      await raise(instance, makeEvent('m-1', 1), makeEvent('m-1', 2));
      await instance.caughtUp(NAME);
    };
    await withRelay(own, { subjectPrefix: 'shop.receipts' });
    expect(await read('OWN')).toMatchObject([
      { subject: 'shop.receipts.message.sent', body: { sequence: '0000000002' } },
    ]);
  });

  it('sends CloudEvents, structured and binary, with the event id as the message id', async () => {
    const event = makeEvent('sms é "1"', 7, 'message.rejected');
    const send = async (instance: DispatcherInstance): Promise<void> => {
      await raise(instance, makeEvent('m-1', 1, 'message.sent'), event);
      await instance.caughtUp(NAME);
    };
    await withRelay(send, { types: ['message.rejected'] });
    await withRelay(send, { types: ['message.rejected'], mode: 'binary', subjectPrefix: 'b', stream: 'BINARY' });
    const [structured, ...others] = await read();
    expect(others).toEqual([]);
    expect(structured).toMatchObject({
      subject: 'esms.events.message.rejected',
      headers: { 'Nats-Msg-Id': event.id, 'content-type': 'application/cloudevents+json; charset=utf-8' },
      body: { specversion: '1.0', id: event.id, subject: event.subject, sequence: '0000000007', data: event.data },
    });
    expect(await read('BINARY')).toEqual([
      {
        subject: 'b.message.rejected',
        headers: {
          'Nats-Msg-Id': event.id,
          'content-type': 'application/json',
          'ce-specversion': '1.0',
          'ce-id': event.id,
          'ce-source': '/nestjs-esms/accounts/default',
          'ce-type': 'vn.nestjs-esms.message.rejected.v1',
          'ce-subject': 'sms%20%C3%A9%20%221%22',
          'ce-time': event.time,
          'ce-account': 'default',
          'ce-sequence': '0000000007',
        },
        body: event.data,
      },
    ]);
  });

  it('parks what is larger than the server takes, with the reason, and only that', async () => {
    await withRelay(async (instance) => {
      const data = { note: 'x'.repeat(1_100_000) } as unknown as ReturnType<typeof makeEvent>['data'];
      await raise(instance, { ...makeEvent('large', 1), data }, makeEvent('small', 1));
      const isParked = async () => expect(await instance.subscriptions.get(NAME)).toMatchObject({ parked: 1, lag: 0 });
      await vi.waitFor(isParked, { timeout: 15_000 });
      const { items } = await instance.subscriptions.parked(NAME);
      expect(items).toMatchObject([{ subject: 'large', attempts: MAX_ATTEMPTS }]);
      expect(items[0]?.error).toContain('max_payload size exceeded');
      expect(await read()).toMatchObject([{ body: { subject: 'small' } }]);
    });
  });

  it('takes a stream that is full and refuses more for an outage', async () => {
    await manage(({ streams }) =>
      streams.add({ name: 'FULL', subjects: ['esms.events.>'], max_msgs: 1, discard: 'new' }),
    );
    await withRelay(async (instance) => {
      await raiseMany(instance, { messages: 3, each: 1 });
      await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(MAX_ATTEMPTS), { timeout: 15_000 });
      expect(await instance.subscriptions.get(NAME)).toMatchObject({ parked: 0, lag: 2 });
      await manage(({ streams }) => streams.update('FULL', { max_msgs: -1 }));
      await instance.caughtUp(NAME);
      expect(sequencesOf((await read('FULL')).map(({ body }) => body)).size).toBe(3);
    });
  });

  it('notices a half-open connection under way, and loses nothing', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'nestjs-esms');
    await withRelay(
      async (instance) => {
        await raiseMany(instance, { messages: 5, each: 2, prefix: 'before' });
        await instance.caughtUp(NAME);
        proxy.isDead = true;
        await raiseMany(instance, { messages: 50, each: 2, prefix: 'after' });
        await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(0), { timeout: 15_000 });
        proxy.isDead = false;
        await instance.caughtUp(NAME);
        expect(await instance.subscriptions.parked(NAME)).toMatchObject({ items: [] });
      },
      { url: proxy.url },
    );
    await proxy.close();
    const sequences = sequencesOf((await read()).map(({ body }) => body));
    expect(sequences.size).toBe(55);
    for (const each of sequences.values()) expect(each).toEqual([1, 2]);
  });

  it('notices a half-open connection by its pings, with nothing to send', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'nestjs-esms');
    const options = { types: [], mode: 'structured', includeRecipient: false } as const;
    const open = await loadNats({ ...options, url: proxy.url, subjectPrefix: 'idle', stream: 'IDLE' });
    const session = await open();
    proxy.isDead = true;
    await session.lost;
    await session.close();
    await proxy.close();
  });

  it('leaves no handle behind, with the broker there, away or half-open', async () => {
    const proxy = await HalfOpenProxy.start(server.url, 'nestjs-esms');
    const cycle = async (url: string): Promise<void> => {
      proxy.isDead = false;
      await withRelay(
        async (instance) => {
          await raise(instance, makeEvent('m-1', 1));
          if (url.endsWith(':1')) await vi.waitFor(() => expect(outageCount()).toBeGreaterThan(0));
          else await instance.caughtUp(NAME);
          proxy.isDead = true;
        },
        { url },
      );
    };
    await cycle(server.url);
    const before = await openHandles();
    for (const url of [server.url, 'nats://127.0.0.1:1', proxy.url]) await cycle(url);
    await proxy.close();
    expect(await openHandles()).toEqual(before);
  });
});
