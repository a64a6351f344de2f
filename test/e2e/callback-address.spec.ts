import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Module, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EsmsMessages, EsmsModule, type EsmsStructure } from '../../src/index.js';
import { callbackQuery } from '../support/callback-query.js';
import { eventually } from '../support/eventually.js';
import { into } from '../support/host.js';
import { Service, TOKENS } from '../support/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { sendRaw } from '../support/wire.js';

const TOKEN = TOKENS.default;

/** What becomes of `<base>callbacks/esms/<token>?<query>` on its way, on the wire. */
type Joined = (base: string, token: string, query: string) => string;

const JOINS: Record<string, Joined> = {
  'as it is': (base, token, query) => `${base}callbacks/esms/${token}?${query}`,
  'a slash at the end': (base, token, query) => `${base}callbacks/esms/${token}/?${query}`,
  'slashes at the end': (base, token, query) => `${base}callbacks/esms/${token}//?${query}`,
  'doubled slashes': (base, token, query) => `${base}/callbacks//esms//${token}?${query}`,
  'doubled slashes at the start': (base, token, query) => `/${base}callbacks/esms/${token}?${query}`,
  'a dot segment': (base, token, query) => `${base}callbacks/./esms/./${token}?${query}`,
  'a dot segment at the end': (base, token, query) => `${base}callbacks/esms/${token}/.?${query}`,
  'a segment taken back': (base, token, query) => `${base}x/../callbacks/esms/${token}?${query}`,
  'an encoded slash': (base, token, query) => `${base}callbacks/esms%2F${token}?${query}`,
  'encoded slashes': (base, token, query) => `${base}callbacks%2fesms%2f${token}%2f?${query}`,
  'slashes encoded twice': (base, token, query) => `${base}callbacks%252Fesms%252F${token}?${query}`,
  'an encoded letter': (base, token, query) => `${base}callbacks/e%73ms/${token}?${query}`,
  'an encoded letter of the token': (base, token, query) => `${base}callbacks/esms/%64${token.slice(1)}?${query}`,
  'turned slashes': (base, token, query) => `${base}callbacks\\esms\\${token}?${query}`,
  capitals: (base, token, query) => `${base.toUpperCase()}CALLBACKS/Esms/${token}?${query}`,
  'parameters of the path': (base, token, query) => `${base}callbacks/esms/${token};jsessionid=1A2B?${query}`,
  'parameters of another segment': (base, token, query) => `${base}callbacks;v=1/esms/${token}?${query}`,
  'a second question mark': (base, token, query) => `${base}callbacks/esms/${token}??${query}`,
  'an ampersand for the question mark': (base, token, query) => `${base}callbacks/esms/${token}&${query}`,
  'a slash and an ampersand': (base, token, query) => `${base}callbacks/esms/${token}/&${query}`,
  both: (base, token, query) => `${base}callbacks/esms/${token}?&${query}`,
  'a query of its own': (base, token, query) => `${base}callbacks/esms/${token}?x=1&${query}`,
  'a query of its own, joined by a question mark': (base, token, query) =>
    `${base}callbacks/esms/${token}?x=1?${query}`,
  'a query of its own after a slash': (base, token, query) => `${base}callbacks/esms/${token}/?x=1?${query}`,
  'an empty query of its own': (base, token, query) => `${base}callbacks/esms/${token}?=&${query}`,
  'an encoded question mark': (base, token, query) => `${base}callbacks/esms/${token}%3F${query}`,
  'an encoded ampersand': (base, token, query) => `${base}callbacks/esms/${token}%26${query}`,
  'a fragment': (base, token, query) => `${base}callbacks/esms/${token}#top?${query}`,
  'a fragment at the end': (base, token, query) => `${base}callbacks/esms/${token}?${query}#top`,
  'a dot': (base, token, query) => `${base}callbacks/esms/${token}.?${query}`,
  'a comma': (base, token, query) => `${base}callbacks/esms/${token},?${query}`,
  'a blank': (base, token, query) => `${base}callbacks/esms/${token}%20?${query}`,
  'a blank before the token': (base, token, query) => `${base}callbacks/esms/%20${token}?${query}`,
  'a line break': (base, token, query) => `${base}callbacks/esms/${token}%0D%0A?${query}`,
  'a space without width': (base, token, query) => `${base}callbacks/esms/${token}%E2%80%8B?${query}`,
  quotes: (base, token, query) => `${base}callbacks/esms/${token}%22?${query}`,
  'an absolute URL': (base, token, query) => `http://shop.example.vn${base}callbacks/esms/${token}?${query}`,
  'an absolute URL with a port and a slash': (base, token, query) =>
    `https://shop.example.vn:443${base}callbacks/esms/${token}/?${query}`,
  'the path joined twice': (base, token, query) =>
    `${base}callbacks/esms/${token}${base}callbacks/esms/${token}?${query}`,
};

/** Without the one whose prefix could be that of a route of the host's. */
const { 'the path joined twice': _twice, ...OWN_JOINS } = JOINS;

const settings = (database: TestDatabase, structure: EsmsStructure): Parameters<typeof EsmsModule.forRoot>[0] => ({
  accounts: { default: { tokens: [TOKEN] } },
  database: { url: database.url },
  spool: false,
  ...structure,
});

interface Place {
  base: string;
  start(): Promise<{ port: number; find(smsId: string): Promise<unknown>; stop(): Promise<void> }>;
}

function host(
  make: () => ExpressAdapter | FastifyAdapter,
  structure: EsmsStructure = {},
  prepare: (app: INestApplication) => unknown = () => undefined,
): Place['start'] {
  return async () => {
    const database = await createTestDatabase();
    @Module({ imports: [EsmsModule.forRoot(settings(database, structure))] })
    class Root {}
    const app = await NestFactory.create(Root, make(), { logger: into([]), abortOnError: false });
    prepare(app);
    await app.listen(0, '127.0.0.1');
    const messages = app.get(EsmsMessages, { strict: false });
    await eventually(() => messages.find());
    return {
      port: (app.getHttpServer().address() as AddressInfo).port,
      find: (smsId) => messages.get(smsId),
      stop: async () => {
        await app.close();
        await database.drop();
      },
    };
  };
}

const versioned = (app: INestApplication): unknown => {
  app.setGlobalPrefix('api');
  return app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
};
const excluded = (app: INestApplication): unknown =>
  app.setGlobalPrefix('api', { exclude: ['hooks/callbacks/esms/:token'] });
const fastify = (): FastifyAdapter => new FastifyAdapter({ return503OnClosing: false });

const PLACES: Record<string, Place> = {
  'the service': {
    base: '/',
    start: async () => {
      const service = await Service.start();
      return {
        port: service.port,
        find: (smsId) => service.message(smsId),
        stop: () => service.stop(),
      };
    },
  },
  'a host on Express': { base: '/', start: host(() => new ExpressAdapter()) },
  'a host on Fastify': { base: '/', start: host(fastify) },
  'a host on Express with prefix, versions and path': {
    base: '/api/Esms/',
    start: host(() => new ExpressAdapter(), { path: 'Esms' }, versioned),
  },
  'a host on Fastify with prefix, versions and path': {
    base: '/api/Esms/',
    start: host(fastify, { path: 'Esms' }, versioned),
  },
  'a host on Fastify that leaves us out of its prefix': {
    base: '/hooks/',
    start: host(fastify, { path: 'hooks' }, excluded),
  },
};

describe.each(Object.entries(PLACES))('%s', (_place, { base, start }) => {
  let running: Awaited<ReturnType<Place['start']>>;
  let count = 0;

  beforeAll(async () => {
    running = await start();
  });

  afterAll(() => running.stop());

  it.each(Object.entries(JOINS))('takes a CallbackUrl with %s', async (_how, join) => {
    const smsId = `joined-${++count}`;
    const line = `GET ${join(base, TOKEN, callbackQuery(smsId))} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const { answers } = await sendRaw(running.port, [line], 1);
    expect(answers).toEqual(['200 OK']);
    expect(await running.find(smsId)).toMatchObject({
      outcome: 'delivered',
      price: { amount: '850.0000' },
      anomalies: [],
    });
  });

  it('answers a stranger the same 404 in each of them', async () => {
    const bodies = await Promise.all(
      Object.values(OWN_JOINS).map(async (join) => {
        const target = join(base, 'token-of-a-stranger', callbackQuery('of-a-stranger'));
        const { answers } = await sendRaw(running.port, [`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`], 1);
        return answers[0];
      }),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toMatch(/^404 .*Not Found/);
  });

  it.each([
    ['a path behind the token', `callbacks/esms/${TOKEN}/more`],
    ['a letter behind it', `callbacks/esms/${TOKEN}x`],
    ['a letter before it', `callbacks/esms/x${TOKEN}`],
    ['a token in two pieces', `callbacks/esms/${TOKEN.slice(0, 9)}/${TOKEN.slice(9)}`],
    ['a token in capitals', `callbacks/esms/${TOKEN.toUpperCase()}`],
    ['NUL behind it', `callbacks/esms/${TOKEN}%00`],
    ['another route', `callbacks/other/${TOKEN}`],
  ])('takes none with %s', async (_how, path) => {
    const status = await new Promise((resolve, reject) => {
      const options = { port: running.port, host: '127.0.0.1', path: `${base}${path}?${callbackQuery('elsewhere')}` };
      request(options, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(404);
  });
});
