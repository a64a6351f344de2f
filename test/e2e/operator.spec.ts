import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ServiceBuild, ServiceProcess } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TOKEN = 'token-of-an-operator-1';
const KEY = 'key-of-an-operator-123';
// Processes are started and stopped, and one compiled: on a busy machine each takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let build: ServiceBuild;
let database: TestDatabase;
let folder: string;
const running: ServiceProcess[] = [];

beforeAll(async () => {
  build = await ServiceBuild.make();
  database = await createTestDatabase();
});

afterAll(async () => {
  build.remove();
  await database.drop();
});

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nestjs-esms-operator-'))));

afterEach(async () => {
  for (const service of running.splice(0)) await service.kill();
  rmSync(join(build.folder, '.env'), { force: true });
  rmSync(folder, { recursive: true, force: true });
});

async function spawn(environment: Record<string, string>): Promise<ServiceProcess> {
  const service = await ServiceProcess.spawn(build, { DATA_DIR: folder, ...environment });
  running.push(service);
  return service;
}

const production = (): Record<string, string> => ({
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  DATABASE_URL: database.url,
  CALLBACK_TOKENS: `${TOKEN},shop=${TOKEN}2`,
  API_KEYS: KEY,
});

const said = (service: ServiceProcess, text: string): Promise<void> =>
  eventually(() => expect(service.output).toContain(text));

interface Line {
  level: string;
  timestamp: string;
  message: string;
  context: string;
}

/** Every line must be JSON. */
const linesOf = ({ output }: ServiceProcess): Line[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a start in development', () => {
  it('says at once what takes its time, then in a handful of lines what somebody wants to know, and its stop', async () => {
    const service = await spawn({});
    await said(service, 'is starting');
    await said(service, `making the embedded PostgreSQL in ${folder}`);
    await said(service, 'Read the message:');
    const [screen = ''] = /\n {2}listening[^]*/.exec(service.output) ?? [];
    const at = `http://127.0.0.1:${service.port}`;
    expect(screen).toMatch(new RegExp(`listening +nestjs-esms \\d+\\.\\d+\\.\\d+ at ${at}\n`));
    expect(screen).toContain(`${at}/docs\n`);
    expect(screen).toMatch(/database +the embedded PostgreSQL of .*, schema esms\n/);
    expect(screen).toContain(`${join(folder, 'spool')}\n`);
    expect(screen).toMatch(/relays +none\n/);
    expect(screen).toMatch(/accounts +default\n/);
    expect(screen).toMatch(new RegExp(`CallbackUrl +${at}/callbacks/esms/[\\w-]{32}\n`));
    expect(service.output.trim().split('\n').length).toBeLessThan(20);
    expect(service.output).not.toMatch(/RouterExplorer|InstanceLoader|Mapped|dependencies initialized/);

    const [, curl = ''] = /curl -g '([^']+)'/.exec(screen) ?? [];
    await eventually(async () => expect((await fetch(curl)).status).toBe(200));
    const [, key = '', message = ''] = /curl -H 'x-api-key: ([^']+)' '([^']+)'/.exec(screen) ?? [];
    const isThere = async (): Promise<void> =>
      expect((await fetch(message, { headers: { 'x-api-key': key } })).status).toBe(200);
    await eventually(isThere);
    expect(await service.stop()).toBe(0);
    expect(service.output).toMatch(/SIGTERM: stopping[^]*stopped after \d+\.\d s\n$/);
  });

  it('repeats no secret that was given, and warns of a variable that is nearly ours', async () => {
    const { DATABASE_URL = '', CALLBACK_TOKENS = '', API_KEYS = '' } = production();
    const service = await spawn({ DATABASE_URL, CALLBACK_TOKENS, API_KEYS, PUBLIC_UR: 'https://x.vn' });
    await said(service, 'CallbackUrl');
    expect(service.output).toMatch(/callbacks\/esms\/<token>\n/);
    expect(service.output).toContain('PUBLIC_UR: not read; PUBLIC_URL is what is known here');
    expect(service.output).not.toMatch(new RegExp(`${TOKEN}|${KEY}|curl`));
    expect(service.output).toContain(`PostgreSQL at ${new URL(DATABASE_URL).host}/`);
  });
});

describe('in production', () => {
  it('start and stop are JSON lines with ISO times, and no secret is in them', async () => {
    const service = await spawn({ ...production(), PUBLIC_URL: 'https://receipts.example.vn/' });
    await said(service, 'CallbackUrl');
    expect(await service.stop()).toBe(0);
    const lines = linesOf(service);
    for (const { timestamp } of lines) expect(timestamp).toMatch(ISO);
    const messages = lines.filter(({ context }) => context === 'Service').map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringMatching(/^nestjs-esms \d+\.\d+\.\d+ is starting$/),
      expect.stringMatching(/^listening: nestjs-esms \d+\.\d+\.\d+ at http:/),
      'docs: https://receipts.example.vn/docs',
      expect.stringMatching(/^database: PostgreSQL at .*\/\w+, schema esms$/),
      `spool: ${join(folder, 'spool')}`,
      'relays: none',
      'accounts: default, shop',
      'CallbackUrl: https://receipts.example.vn/callbacks/esms/<token>',
      expect.stringMatching(/^SIGTERM: stopping/),
      expect.stringMatching(/^stopped after \d+\.\d s$/),
    ]);
    const { password } = new URL(database.url);
    for (const secret of [TOKEN, KEY, password].filter((each) => each !== ''))
      expect(service.output).not.toContain(secret);
  });

  it('a start that cannot be is one JSON line', async () => {
    const service = await spawn({ ...production(), API_KEYS: '', PORT: '99999' });
    expect(await service.ended).toBe(1);
    expect(linesOf(service)).toMatchObject([
      { level: 'error', message: expect.stringMatching(/^nestjs-esms did not start: PORT: [^]*\nAPI_KEYS: needed/) },
    ]);
  });
});

describe('an address that cannot be had is said in one line, before anything is opened', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0'])('a port in use at %s', async (host) => {
    const other = createServer().listen(0, host);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const service = await spawn({ ...production(), HOST: host, PORT: String(port) });
    expect(await service.ended).toBe(1);
    other.close();
    expect(linesOf(service).map(({ level, message }) => [level, message])).toEqual([
      ['log', expect.stringContaining('is starting')],
      ['error', `nestjs-esms did not start: PORT: ${port} is in use already at ${host}`],
    ]);
  });

  it.each([
    ['192.0.2.7', /HOST: 192\.0\.2\.7 is no address of this machine/],
    ['no.such.host.invalid', /HOST: (there is no host no\.such\.host\.invalid|no\.such\.host\.invalid cannot)/],
  ])('a host %s', async (host, problem) => {
    const service = await spawn({ HOST: host, DATABASE_URL: database.url });
    expect(await service.ended).toBe(1);
    expect(service.output).toMatch(problem);
    expect(service.output).not.toMatch(/CallbackUrl|at .*\.js:\d/);
  });
});

describe('an .env file', () => {
  it('is read with a byte order mark: the database in it is the one that is used', async () => {
    writeFileSync(join(build.folder, '.env'), `\uFEFFDATABASE_URL=${database.url}\r\nAPI_KEYS=${KEY}\r\n`);
    const service = await spawn({});
    await said(service, 'CallbackUrl');
    expect(service.output).toContain(`PostgreSQL at ${new URL(database.url).host}/`);
    expect(service.output).not.toContain('embedded');
  });

  it('that cannot be read as it was meant stops the start, by its line', async () => {
    writeFileSync(join(build.folder, '.env'), Buffer.from(`PORT=1\nDATABASE_URL=${database.url}\n`, 'utf16le'));
    const service = await spawn({});
    expect(await service.ended).toBe(1);
    expect(service.output).toMatch(/did not start\n\.env, line 1: a NUL/);
  });
});
