import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { callbackQuery } from '../support/callback-query.js';
import { EmbeddedPostgresDirectory } from '../support/embedded-postgres-directory.js';
import { query } from '../support/query.js';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';
import type { Message } from '../support/service.js';
import { ServiceBuild, ServiceProcess } from '../support/service-process.js';

const TOKEN = 'crash-callback-token';
const KEY = 'crash-key-of-everything';
const NINE = [...SEED_SAMPLES, UID_SAMPLE].map((sample) => sample.query);
const HEADERS = { 'x-api-key': KEY };

let build: ServiceBuild;
let directory: EmbeddedPostgresDirectory;
const running: ServiceProcess[] = [];

beforeAll(async () => {
  build = await ServiceBuild.make();
  directory = EmbeddedPostgresDirectory.create();
}, 240_000);

afterEach(async () => {
  for (const service of running.splice(0)) await service.kill();
});

afterAll(async () => {
  await directory.remove();
  build.remove();
});

async function start(environment: Record<string, string> = {}): Promise<ServiceProcess> {
  const given = { CALLBACK_TOKENS: TOKEN, API_KEYS: `${KEY}:read+write+pii+operate` };
  const service = await ServiceProcess.start(build, { DATA_DIR: directory.path, ...given, ...environment });
  running.push(service);
  return service;
}

const call = (service: ServiceProcess, callback: string, token = TOKEN) =>
  service.send<never>(`/callbacks/esms/${token}?${callback}`);

async function read<Body = Record<string, unknown>>(service: ServiceProcess, path: string): Promise<Body> {
  const answer = await service.send<Body>(path, { headers: HEADERS });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

/** What must not stand in any log: secrets, people, and what they were sent. */
function expectNoSecrets(output: string): void {
  expect(output).not.toContain(TOKEN);
  expect(output).not.toContain(KEY);
  expect(output).not.toMatch(/0901888484|31215806834323|5308693166941955879/);
  expect(output).not.toMatch(/SMSID|SendStatus|phonenumber|error_info/);
}

/** What a killed process had in hand belongs to it until its lease ends, after 15 s; here as if that were over. */
async function passHalfAMinute(): Promise<void> {
  const database = await startEmbeddedPostgres({ directory: directory.path });
  expect(database.owner).toBe(false);
  await query(database.url, 'update esms.deliveries set leased_until = now() where settled_at is null');
  await query(database.url, 'update esms.cursors set leased_until = now()');
  await database.stop();
}

describe('kill -9', () => {
  it('between requests: everything is there again, and every event is delivered once', async () => {
    const first = await start();
    for (const callback of NINE.slice(0, 5)) expect((await call(first, callback)).text).toBe('OK');
    await first.kill();
    const second = await start();
    for (const callback of NINE.slice(5)) expect((await call(second, callback)).text).toBe('OK');
    expect((await call(second, 'SendStatus=5')).text).toBe('QUARANTINED sms_id_absent');
    const registered = await second.send('/messages', { method: 'POST', headers: HEADERS, body: { ref: 'kept' } });
    expect(registered.status).toBe(201);
    await second.kill();

    const third = await start();
    await passHalfAMinute();
    await expect.poll(() => read(third, '/billing/ledger')).toMatchObject({ items: { length: 8 }, sum: '699841.0000' });
    const list = async () => {
      const { items } = await read<{ items: Message[] }>(third, '/messages');
      return items.map(({ smsId, state, outcome, price }) => [smsId, state, outcome, price.amount]);
    };
    await expect.poll(list).toEqual([
      ['5450d5579bfa466a9f2a5911c82f4037', 'reported', 'delivered', '2104.0000'],
      ['53dbbc6e816f4159a9035a14a787e08f172', 'reported', 'delivered', '60.0000'],
      ['7d11c87a22934df390f73ec59d8defd6205', 'reported', 'delivered', '220.0000'],
      ['849fe08c19294b02857cf91687021a50250', 'reported', 'delivered', '470.0000'],
      ['f66545d2-c7e2-4603-984e-d2238c363c8292', 'reported', 'undelivered', '0.0000'],
      ['82b0bb8aed914a0aab8deba567c9b8c2', 'sent', null, '696987.0000'],
      ['dc712784-9c5f-4c69-b9a8-ea69d56adc9a87', 'reported', 'undelivered', '0.0000'],
    ]);
    await expect.poll(() => read(third, '/quarantine')).toMatchObject({ items: [{ raw: 'SendStatus=5' }] });
    expect(await read(third, '/messages?ref=kept')).toMatchObject({ items: [{ smsId: null, registered: true }] });
    await expect
      .poll(() => read(third, '/crm/contacts/0901888484'))
      .toMatchObject({ history: [{ channel: 'viber' }, { channel: 'zalo_zns' }, { channel: 'sms_care' }] });
    for (const service of running) expectNoSecrets(service.output);
  });

  it('amid callbacks: each that was answered is there, and its event delivered once', async () => {
    const service = await start();
    const answered: string[] = [];
    let killed: Promise<void> | undefined;
    const gatewayUntilItDies = async (lane: number): Promise<void> => {
      for (let index = 0; ; index += 1) {
        const smsId = `amid-${lane}-${index}`;
        const answer = await call(service, callbackQuery(smsId, { TotalPrice: '1.0000' })).catch(() => null);
        if (answer === null) return;
        expect(answer.text).toBe('OK');
        answered.push(smsId);
        if (answered.length === 40) killed = service.kill();
      }
    };
    await Promise.all(Array.from({ length: 100 }, (_, lane) => gatewayUntilItDies(lane)));
    await killed;
    expect(answered.length).toBeGreaterThanOrEqual(40);

    const again = await start();
    await passHalfAMinute();
    for (const smsId of answered) {
      // What was answered from the spool is a message a moment later.
      await expect
        .poll(() => again.send(`/messages/${smsId}`, { headers: HEADERS }))
        .toMatchObject({ status: 200, body: { outcome: 'delivered' } });
      await expect
        .poll(() => read(again, `/billing/ledger?smsId=${smsId}`))
        .toMatchObject({ items: { length: 1 }, sum: '1.0000' });
    }
    for (const each of running) expectNoSecrets(each.output);
  });
});

describe('the start', () => {
  it('generates what is not given, prints a line that works, and keeps it', async () => {
    const service = await start({ CALLBACK_TOKENS: '', API_KEYS: '' });
    await expect.poll(() => service.output).toContain('/docs');
    const url = /curl -g '(\S+)'/.exec(service.output)?.[1] ?? '';
    const [, key = '', message = ''] = /curl -H 'x-api-key: (\S+)' '(\S+)'/.exec(service.output) ?? [];
    expect((await service.send<never>(url.replace(/^http:\/\/[^/]+/, ''))).text).toBe('OK');
    const path = message.replace(/^http:\/\/[^/]+/, '');
    await expect
      .poll(() => service.send(path, { headers: { 'x-api-key': key } }))
      .toMatchObject({ body: { outcome: 'delivered', recipient: { value: '0901888484' } } });
    expect((await call(service, callbackQuery('given-before'))).status).toBe(404);
    const file = join(directory.path, 'secrets.json');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(Object.values(JSON.parse(readFileSync(file, 'utf8')) as object).toSorted()).toEqual(
      [/esms\/([\w-]+)\?/.exec(url)?.[1], key].toSorted(),
    );
    const logged = service.output.split('\n').filter((line) => line.startsWith('[nestjs-esms]'));
    expect(logged.length).toBeGreaterThan(1);
    expect(logged.join('\n')).not.toContain(key);

    expect(await service.stop()).toBe(0);
    expect(directory.postmaster).toBeNull();
    const again = await start({ CALLBACK_TOKENS: '' });
    await expect.poll(() => again.output).toContain('/docs');
    expect(again.output).toContain(url.split('?')[0]?.split('/').at(-1));
    expect(again.output).not.toContain(KEY);
    expect(again.output).not.toContain(key);
  });

  it('is refused in production, with the name of everything that is missing', async () => {
    const service = await ServiceProcess.spawn(build, { NODE_ENV: 'production', DATA_DIR: directory.path });
    expect(await service.ended).toBe(1);
    for (const name of ['DATABASE_URL', 'CALLBACK_TOKENS', 'API_KEYS']) expect(service.output).toContain(`${name}:`);
    expect(service.output).not.toMatch(/^ {4}at /m);
  });

  it('takes several accounts, tokens in rotation and keys with scopes', async () => {
    const service = await start({
      CALLBACK_TOKENS: `${TOKEN}, default=crash-callback-token-next, shop=crash-callback-token-shop`,
      API_KEYS: `${KEY}, shop=crash-key-of-the-shop:read`,
    });
    expect((await call(service, callbackQuery('several'), 'crash-callback-token-next')).text).toBe('OK');
    expect((await call(service, callbackQuery('several'), 'crash-callback-token-shop')).text).toBe('OK');
    const keyed = (key: string) => ({ headers: { 'x-api-key': key } });
    const several = (key: string) => () => service.send<Message>('/messages/several', keyed(key));
    await expect
      .poll(several('crash-key-of-the-shop'))
      .toMatchObject({ body: { account: 'shop', recipient: { value: '09******84' } } });
    await expect.poll(several(KEY)).toMatchObject({ body: { account: 'default' } });
    const written = { ...keyed('crash-key-of-the-shop'), method: 'POST', body: { smsId: 'x' } };
    expect((await service.send('/messages', written)).status).toBe(403);
    expect((await service.send('/messages', { ...written, ...keyed(KEY) })).status).toBe(201);
  });
});
