import { type AddressInfo, connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app/create-app.js';
import { SCOPES } from '../../src/index.js';
import { into } from '../support/host.js';
import { send } from '../support/service.js';
import { sendRaw } from '../support/wire.js';

const KEY = 'key-of-somebody-known';
const TOKEN = 'token-of-the-gateway';

/** No database is asked for any of this. */
async function start(docsNeedKey: boolean): Promise<{ app: NestFastifyApplication; port: number }> {
  const app = await createApp(
    {
      esms: {
        accounts: { default: { tokens: [TOKEN] } },
        database: { url: 'postgres://nobody@127.0.0.1:1/nothing' },
        spool: false,
      },
      apiKeys: new Map([[KEY, { account: 'default', scopes: new Set(SCOPES) }]]),
      docsNeedKey,
    },
    into([]),
  );
  await app.listen(0, '127.0.0.1');
  return { app, port: (app.getHttpServer().address() as AddressInfo).port };
}

let production: Awaited<ReturnType<typeof start>>;
let development: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  [production, development] = await Promise.all([start(true), start(false)]);
});

afterAll(async () => {
  await production.app.close();
  await development.app.close();
});

describe('a body', () => {
  /** The head alone: who waits for the body answers nothing. */
  const head = (line: string, ...headers: string[]): string =>
    [`${line} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');
  const LONG = 'Content-Length: 10485760';

  it.each<[string, string, number]>([
    ['no key', head('POST /messages', LONG), 401],
    ['an unknown key', head('POST /messages', 'x-api-key: key-of-nobody-at-all', LONG), 401],
    ['an unknown bearer', head('POST /messages', 'Authorization: Bearer key-of-nobody-at-all', LONG), 401],
    ['an empty key', head('POST /messages', 'x-api-key:', LONG), 401],
    ['no key, in chunks', head('POST /messages', 'Transfer-Encoding: chunked'), 401],
    ['no key, changing a webhook', head('PATCH /webhooks/1', LONG), 401],
    ['no key, removing one', head('DELETE /webhooks/1', LONG), 401],
    ['no key, of another kind', head('POST /messages', 'Content-Type: text/plain', LONG), 401],
    ['no key, to no route', head('POST /nothing', LONG), 404],
    ['no key, to no method of a route', head('PUT /messages', LONG), 404],
    ['a token of the gateway', head(`POST /callbacks/esms/${TOKEN}?SMSID=1`, LONG), 404],
  ])('is refused before it is sent, with %s', async (_what, bytes, status) => {
    const { text } = await sendRaw(production.port, [bytes], 1);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toContain('content-type: application/problem+json; charset=utf-8');
  });

  it('that is no JSON is not parsed without a key', async () => {
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{bad' };
    expect((await send(production.port, '/messages', asked)).status).toBe(401);
    const known = { ...asked, headers: { ...asked.headers, 'x-api-key': KEY } };
    expect((await send(production.port, '/messages', known)).status).toBe(400);
  });

  it('is waited for with a key', async () => {
    const body = '{bad';
    const answer = await new Promise((resolve, reject) => {
      const socket = connect({ port: production.port, host: '127.0.0.1' });
      socket.on('error', reject).on('data', (data) => {
        socket.destroy();
        resolve(data.toString().slice(0, 12));
      });
      socket.write(head('POST /messages', `x-api-key: ${KEY}`, `Content-Length: ${body.length}`), () =>
        socket.write(body),
      );
    });
    expect(answer).toBe('HTTP/1.1 400');
  });

  it('that was refused leaves its connection to the next request', async () => {
    const body = '{"ref":"x"}';
    const refused = `${head('POST /messages', `Content-Length: ${body.length}`)}${body}`;
    const { answers } = await sendRaw(production.port, [`${refused}GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`], 2);
    expect(answers).toEqual([expect.stringMatching(/^401 /), '200 {"status":"ok"}']);
  });
});

describe('the description of the API', () => {
  const PATHS = ['/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/swagger-ui-init.js', '/docs/swagger-ui.css'];
  const ODD_PATHS = ['//docs-json', '/docs-json/', '/%64ocs-json', '/docs//swagger-ui-init.js', '/docs-json?x=1'];

  it.each([...PATHS, ...ODD_PATHS])('needs a key in production: %s', async (path) => {
    const stranger = await send(production.port, path);
    expect([stranger.status, stranger.text]).toEqual([401, expect.not.stringContaining('/messages')]);
    const unknown = await send(production.port, path, { headers: { 'x-api-key': 'key-of-nobody-at-all' } });
    expect(unknown.status).toBe(401);
    expect((await send(production.port, path, { headers: { 'x-api-key': KEY } })).status).toBe(200);
    expect((await send(production.port, path, { headers: { authorization: `Bearer ${KEY}` } })).status).toBe(200);
  });

  it.each(PATHS)('is open in development: %s', async (path) => {
    expect((await send(development.port, path)).status).toBe(200);
  });
});
