import { Agent, get, globalAgent } from 'node:http';
import { getDataSourceToken } from '@nestjs/typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  EsmsContacts,
  EsmsLedger,
  EsmsMessages,
  EsmsQuarantine,
  EsmsSubscriptions,
  type MessageView,
  type Page,
} from '../../src/index.js';
import { callbackQuery } from '../support/callback-query.js';
import { databaseUrl } from '../support/database-url.js';
import { eventually } from '../support/eventually.js';
import { type ADAPTERS, Host, HOST_TOKENS, openSockets, OrderEntity, Orders } from '../support/host.js';
import { TOUCHED } from '../support/hostile-host.js';
import { SEED_SAMPLES } from '../support/samples.js';
import { send } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

// What many hosts do to every connection of their process: numbers for 64-bit integers and for numerics.
pg.types.setTypeParser(20, Number);
pg.types.setTypeParser(1700, Number);

describe.each<[keyof typeof ADAPTERS]>([['express'], ['fastify']])('in a host on %s', (adapter) => {
  let host: Host;

  beforeAll(async () => {
    host = await Host.start(adapter);
  });

  afterAll(() => host.stop());

  const service = <Service>(type: new (...given: never[]) => Service): Service => host.app.get(type, { strict: false });

  it('booted while the database is away, takes every callback of the gateway, and catches up', async () => {
    for (const { name, query } of SEED_SAMPLES) {
      const { status, text, headers } = await host.callback(query);
      expect([name, status, text, headers['content-type']]).toEqual([name, 200, 'OK', 'text/plain; charset=utf-8']);
    }
    expect(host.spooled).not.toEqual([]);
    expect(await host.rows('select from esms.messages')).toEqual([]);
    host.proxy.set('pass');
    await host.settled();
    const { items } = await host.api<Page<MessageView>>('/messages');
    expect(items).toHaveLength(6);
    expect(await host.rows('select from esms.receipts')).toHaveLength(7);
  });

  it('answers the same with the database there, on one connection, and nothing of the host is run', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (const { query } of SEED_SAMPLES) {
      const path = `/api/esms/callbacks/esms/${HOST_TOKENS.default}?${query}`;
      const text = await new Promise((resolve, reject) => {
        const outgoing = get({ host: '127.0.0.1', port: host.port, path, agent }, (response) => {
          sockets.add(response.socket);
          response.setEncoding('utf8').on('data', (body: string) => resolve(`${response.statusCode} ${body}`));
        });
        outgoing.on('error', reject);
      });
      expect(text).toBe('200 OK');
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
    expect(TOUCHED).toEqual([]);
    expect(host.log.filter((line) => line.includes('Fastify'))).toEqual([]);
    expect(host.log.filter((line) => line.includes('global guard'))).toEqual([]);
  });

  it("answers strangers a 404 in the host's own shape, without their token", async () => {
    const stranger = await host.callback('SMSID=x', 'token-of-a-stranger-1');
    expect([stranger.status, stranger.body]).toEqual([404, { failure: { status: 404, message: 'Not Found' } }]);
    expect(await host.rows(`select from esms.messages where sms_id = 'x'`)).toEqual([]);
  });

  it("keeps the API behind the host's guards, and its errors in the host's shape", async () => {
    const ask = (headers: Record<string, string>, path = '/messages/nobody') =>
      send<unknown>(host.port, `/api/v1/esms${path}`, { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'x-session': 'passer-by' })).status).toBe(403);
    expect((await ask({ 'x-session': 'lan' })).body).toEqual({ failure: { status: 404, message: 'no such message' } });
    expect((await ask({ 'x-session': 'lan' }, '/messages?limit=0')).status).toBe(400);
    expect((await send(host.port, '/api/v1/messages', { headers: { 'x-session': 'lan' } })).status).toBe(404);
  });

  it("answers a load balancer past the host's guards and throttler, which it is told of by decorators", async () => {
    for (const path of ['/health/live', '/health/ready', '/health/ready']) {
      const { status, body } = await send<unknown>(host.port, `/api/esms${path}`);
      expect([path, status, body]).toEqual([path, 200, { data: { status: 'ok' } }]);
    }
    expect((await send(host.port, '/api/v1/esms/health/')).status).toBe(404);
  });

  it('shows by its services what it shows over HTTP', async () => {
    await host.callback('SendStatus=5&nameless=1');
    const { items } = await host.api<Page<MessageView>>('/messages');
    const smsId = items[0]?.smsId ?? '';
    const messages = service(EsmsMessages);
    expect(await messages.find()).toEqual(await host.api('/messages'));
    expect(await messages.find({ limit: 2, outcome: 'delivered' })).toEqual(
      await host.api('/messages?limit=2&outcome=delivered'),
    );
    expect({ ...(await messages.get(smsId)), receipts: await messages.timeline(smsId) }).toEqual(
      await host.api(`/messages/${smsId}`),
    );
    const ledger = await service(EsmsLedger).entries();
    expect(ledger).toEqual(await host.api('/billing/ledger'));
    expect(ledger.items).toHaveLength(7);
    expect(ledger.items.map(({ delta }) => typeof delta)).not.toContain('number');
    expect(await service(EsmsLedger).summary({ groupBy: 'day' })).toEqual(
      await host.api('/billing/summary?groupBy=day'),
    );
    const contact = await service(EsmsContacts).get('+84 901 888 484');
    expect(contact).toEqual(await host.api('/crm/contacts/0901888484'));
    expect(contact?.history.length).toBeGreaterThan(0);
    expect(await service(EsmsQuarantine).list()).toEqual(await host.api('/quarantine'));
    const { items: subscriptions } = await host.api<{ items: unknown[] }>('/subscriptions');
    expect(await service(EsmsSubscriptions).list()).toEqual(subscriptions);
  });

  it('refuses by its services what it refuses over HTTP, with a code', async () => {
    const messages = service(EsmsMessages);
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => null,
        (error: { code?: string }) => error.code,
      );
    expect(await messages.get('nobody')).toBeNull();
    expect(await messages.get('nobody\0')).toBeNull();
    expect(await messages.timeline('nobody')).toEqual([]);
    expect(await service(EsmsContacts).get('0999999999')).toBeNull();
    expect(await service(EsmsQuarantine).replay('no uuid')).toBeNull();
    expect(await code(messages.register({}))).toBe('registration_invalid');
    expect(await code(messages.register({ ref: 'a', price: 3 } as object))).toBe('registration_invalid');
    expect(await code(messages.register({ ref: 'a' }, { account: 'acmee' }))).toBe('account_unknown');
    expect(await code(messages.find({ limit: 0 }))).toBe('arguments_invalid');
    expect(await code(messages.find({ from: 'yesterday' }))).toBe('arguments_invalid');
    expect(await code(messages.find({ cursor: 'x' }))).toBe('cursor_invalid');
    expect(await code(service(EsmsSubscriptions).get('nobody'))).toBe('subscriber_unknown');
    expect(await code(service(EsmsSubscriptions).replay('orders', 'yesterday'))).toBe('arguments_invalid');
    const [item] = (await service(EsmsQuarantine).list()).items;
    expect(await code(service(EsmsQuarantine).replay(item?.id ?? ''))).toBe('message_unkeepable');
    expect(await service(EsmsQuarantine).replay(item?.id ?? '', { smsId: 'found' })).toMatchObject({
      replayedAs: 'found',
    });
    expect(await code(service(EsmsQuarantine).replay(item?.id ?? '', { smsId: 'other' }))).toBe('quarantine_replayed');
  });

  it('keeps two accounts apart, equal SMSIDs and people too', async () => {
    const equal = (price: string) => callbackQuery('equal', { TotalPrice: price, phonenumber: '0911000050' });
    expect((await host.callback(equal('1.0000'))).text).toBe('OK');
    expect((await host.callback(equal('2.0000'), HOST_TOKENS.acme)).text).toBe('OK');
    const messages = service(EsmsMessages);
    await messages.register({ smsId: 'equal', ref: 'order-of-acme' }, { account: 'acme' });
    await host.settled();
    for (const [account, amount, ref] of [
      ['default', '1.0000', null],
      ['acme', '2.0000', 'order-of-acme'],
    ] as const) {
      const choice = { account };
      expect(await messages.get('equal', choice)).toMatchObject({ account, ref, price: { amount } });
      expect(await messages.timeline('equal', choice)).toHaveLength(1);
      expect(await service(EsmsLedger).entries({ ...choice, smsId: 'equal' })).toMatchObject({ sum: amount });
      expect((await service(EsmsContacts).get('0911000050', choice))?.history).toHaveLength(1);
      expect(await host.api(`/messages/equal?account=${account}`)).toMatchObject({ account, price: { amount } });
      expect(await host.api(`/billing/ledger?smsId=equal&account=${account}`)).toMatchObject({ sum: amount });
    }
    expect(await messages.get('equal')).toMatchObject({ account: 'default' });
    const mistyped = { method: 'POST', headers: { 'x-session': 'lan' }, body: { ref: 'mistyped' } };
    expect((await send(host.port, '/api/v1/esms/messages?account=acmee', mistyped)).status).toBe(404);
    expect(await host.rows(`select from esms.registrations where ref = 'mistyped'`)).toEqual([]);
  });

  describe("a registration in the host's transaction", () => {
    it('is stored when that commits, gone when it rolls back, and the host hears of its message', async () => {
      const orders = service(Orders);
      await orders.place('order-1');
      await expect(orders.place('order-2', true)).rejects.toThrow('no stock');
      expect(await host.rows('select ref from esms.registrations where ref like $$order-_$$')).toEqual([
        { ref: 'order-1' },
      ]);
      expect(await service(EsmsMessages).get('sms-of-order-2')).toBeNull();
      await host.callback(callbackQuery('sms-of-order-1'));
      await host.settled();
      expect(await host.rows('select * from public.orders')).toEqual([{ id: 'order-1', outcome: 'delivered' }]);
    });

    it('takes a client of pg as well', async () => {
      const client = new pg.Client({ connectionString: host.database.url });
      await client.connect();
      const messages = service(EsmsMessages);
      await client.query('begin');
      expect(await messages.register({ ref: 'of-pg' }, { manager: client })).toMatchObject({ created: true });
      expect((await messages.find({ ref: 'of-pg' })).items).toEqual([]);
      await client.query('commit');
      await client.end();
      expect((await messages.find({ ref: 'of-pg' })).items).toMatchObject([{ ref: 'of-pg', registered: true }]);
    });

    it('that contradicts, or meets another one, leaves the transaction as it was', async () => {
      const messages = service(EsmsMessages);
      const { dataSource } = service(Orders);
      await messages.register({ ref: 'clash', smsId: 'clash-1' });
      const other = new pg.Client({ connectionString: host.database.url });
      await other.connect();
      await dataSource.transaction(async (manager) => {
        await manager.insert(OrderEntity, { id: 'order-3' });
        const contradicts = messages.register({ ref: 'clash', smsId: 'clash-2' }, { manager });
        await expect(contradicts).rejects.toMatchObject({ code: 'registration_conflict' });
        // Another transaction registers the same and is slower to commit: a unique index makes ours wait, and then fail.
        await other.query('begin');
        await messages.register({ ref: 'met', metadata: { a: 1 } }, { manager: other });
        const meets = messages.register({ ref: 'met', metadata: { b: 2 } }, { manager });
        await eventually(async () => expect(await host.rows(WAITING)).toHaveLength(1));
        await other.query('commit');
        expect(await meets).toMatchObject({ created: false, message: { metadata: { a: 1, b: 2 } } });
      });
      await other.end();
      expect(await host.rows(`select id from public.orders where id = 'order-3'`)).toHaveLength(1);
      expect((await messages.find({ ref: 'met' })).items).toMatchObject([{ metadata: { a: 1, b: 2 } }]);
    });

    it('takes its turn among others that were begun at once', async () => {
      const messages = service(EsmsMessages);
      await messages.register({ ref: 'turn-3', smsId: 'turn-of-another' });
      const refs = Array.from({ length: 8 }, (_, index) => `turn-${index}`);
      await service(Orders).dataSource.transaction(async (manager) => {
        const answers = await Promise.allSettled(
          refs.map((ref) => messages.register({ ref, smsId: `sms-of-${ref}` }, { manager })),
        );
        expect(answers.map(({ status }) => status === 'fulfilled')).toEqual(refs.map((ref) => ref !== 'turn-3'));
      });
      expect(await host.rows(`select from esms.registrations where ref like 'turn-%'`)).toHaveLength(8);
    });

    it('is refused outside a transaction, and in one of another database', async () => {
      const messages = service(EsmsMessages);
      const { dataSource } = service(Orders);
      const outside = messages.register({ ref: 'outside' }, { manager: dataSource.manager });
      await expect(outside).rejects.toMatchObject({ name: 'EsmsError', code: 'transaction_absent' });
      const copy = await createTestDatabase();
      for (const url of [copy.url, databaseUrl(copy.url, 'postgres')]) {
        const elsewhere = new pg.Client({ connectionString: url });
        await elsewhere.connect();
        await elsewhere.query('begin');
        const foreign = messages.register({ ref: 'elsewhere' }, { manager: elsewhere });
        await expect(foreign).rejects.toMatchObject({ name: 'EsmsError', code: 'database_other' });
        await elsewhere.end();
      }
      await copy.drop();
    });
  });

  it('says by its services and over HTTP that the database is away, and takes callbacks all the while', async () => {
    host.proxy.set('refuse');
    const answers = await Promise.allSettled([
      service(EsmsMessages).find(),
      service(EsmsMessages).timeline('x'),
      service(EsmsMessages).register({ ref: 'away' }),
      service(EsmsLedger).entries(),
      service(EsmsLedger).summary(),
      service(EsmsContacts).get('0901888484'),
      service(EsmsQuarantine).list(),
      service(EsmsQuarantine).replay('00000000-0000-4000-8000-000000000000'),
      service(EsmsSubscriptions).list(),
      service(EsmsSubscriptions).parked('orders'),
      service(EsmsSubscriptions).pause('orders'),
      service(EsmsSubscriptions).retire('orders'),
    ]);
    const away = { status: 'rejected', reason: expect.objectContaining({ code: 'database_away' }) as unknown };
    expect(answers).toEqual(answers.map(() => away));
    for (const path of ['/messages', '/billing/ledger', '/crm/contacts/0901888484', '/quarantine', '/subscriptions']) {
      const { status } = await send(host.port, `/api/v1/esms${path}`, { headers: { 'x-session': 'lan' } });
      expect([path, status]).toEqual([path, 503]);
    }
    expect((await host.callback(callbackQuery('while-away'))).text).toBe('OK');
    host.proxy.set('pass');
    await host.settled();
    expect(await service(EsmsMessages).get('while-away')).toMatchObject({ outcome: 'delivered' });
  });

  it("leaves the host's own data source as it was", async () => {
    const own = host.app.get<DataSource>(getDataSourceToken());
    expect(own.entityMetadatas.map(({ name }) => name)).toEqual(['OrderEntity']);
    const { upQueries } = await own.driver.createSchemaBuilder().log();
    expect(upQueries).toEqual([]);
    const tables = `select table_name from information_schema.tables where table_schema = 'public'`;
    expect(await host.rows(tables)).toEqual([{ table_name: 'orders' }]);
  });

  it('shut down under load, has stored every callback it answered, and leaves nothing open', async () => {
    const answered: string[] = [];
    let sent = 0;
    let isOver = false;
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const smsId = `load-${sent++}`;
        const answer = await host.callback(callbackQuery(smsId)).catch(() => null);
        if (answer === null) {
          await sleep(5);
          continue;
        }
        expect([answer.status, answer.text]).toEqual([200, 'OK']);
        answered.push(smsId);
      }
    };
    const callers = Array.from({ length: 16 }, caller);
    await eventually(() => expect(answered.length).toBeGreaterThan(200));
    await host.shutDown();
    isOver = true;
    await Promise.all(callers);
    const before = answered.length;
    globalAgent.destroy();
    await eventually(() => expect(openSockets()).toBe(host.socketsBefore));
    expect(await host.rows(CONNECTED)).toEqual([]);

    await host.boot();
    await host.settled();
    const stored = await host.rows(`select sms_id from esms.messages where sms_id like 'load-%'`);
    const smsIds = new Set(stored.map(({ sms_id: smsId }) => smsId as string));
    expect(answered.filter((smsId) => !smsIds.has(smsId))).toEqual([]);
    expect(before).toBeGreaterThan(200);
  });
});

/** Who waits for a lock. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** Connections of ours. */
const CONNECTED = `
  select application_name from pg_stat_activity
  where datname = current_database() and application_name like 'nestjs-esms%'`;
