import { describe, expect, it } from 'vitest';
import type { EsmsOptions, EsmsStructure } from '../../src/config/options.js';
import { resolveOptions, resolveStructure } from '../../src/config/resolve-options.js';

const TOKEN = 'token-of-somebody-1';
const GOOD: EsmsOptions = {
  accounts: { default: { tokens: [TOKEN] } },
  database: { url: 'postgres://db/x' },
  spool: false,
};

describe('the options', () => {
  it('have defaults', () => {
    expect(resolveOptions(GOOD)).toEqual({
      accounts: new Map([['default', [TOKEN]]]),
      publicUrl: null,
      lookupsPerMinute: 30,
      database: {
        connection: { connectionString: 'postgres://db/x' },
        schema: 'esms',
        migrations: 'run',
        ingestConnections: 4,
        workConnections: 6,
      },
      spool: false,
      relays: { rabbitmq: false, nats: false },
      silenceMs: 72 * 3_600_000,
      reportsAlarm: 1_000,
    });
  });

  it('take undefined for not given', () => {
    const database = { url: 'postgres://db/x', schema: undefined, workConnections: undefined };
    const given = { ...GOOD, publicUrl: undefined, database } as unknown as EsmsOptions;
    expect(resolveOptions(given)).toEqual(resolveOptions(GOOD));
  });

  it('say whether callbacks are kept while the database is away: nobody else can', () => {
    const { spool: _, ...others } = GOOD;
    for (const given of [others, { ...others, spool: undefined }]) {
      const problems = problemsOf(given as unknown as EsmsOptions);
      expect(problems).toEqual([expect.stringMatching(/^spool: .*\{ directory \}.*false/)]);
    }
    for (const spool of [null, true, '/var/spool/esms']) {
      expect(problemsOf({ ...GOOD, spool } as unknown as EsmsOptions)).not.toEqual([]);
    }
  });

  it('take a connection in parts', () => {
    const options = { host: '/run/postgresql', database: 'shop', password: () => Promise.resolve('secret') };
    expect(resolveOptions({ ...GOOD, database: { options } }).database.connection).toBe(options);
  });

  it('are refused with every problem at once, by name and without a value', () => {
    const given = {
      accounts: {
        shop: { tokens: ['short-secret', TOKEN] },
        acme: { tokens: [TOKEN] },
        'my-shop': { tokens: [] },
        odd: { token: [TOKEN] },
      },
      publicUrl: 'ftp://secret.example.vn',
      database: {
        url: 'mysql://root:hunter2@db/x',
        options: {},
        schema: 'e"; drop',
        migrations: 'maybe',
        ingestConnections: 0,
        workConnections: 1.5,
        pool: 4,
      },
      spool: { maxBytes: '10', durability: 'paper' },
      silenceHours: Number.NaN,
      reportsAlarm: -1,
      apiKeys: [],
    } as unknown as EsmsOptions;
    const structure = {
      path: ':tenant/*',
      callbacks: { decorators: ['Public'] },
      api: { decorators: () => undefined },
      health: { guards: [] },
      billing: 'yes',
      dispatcher: { maxAttempts: 0, leaseMs: '15s', backoffMs: 0.5, pollMs: -1, retentionDays: 0, retries: 3 },
      webhooks: { allowPrivateNetworks: 'yes', timeoutMs: 0, disableAfterHours: '72', retryMs: [5, 'later'] },
      imports: {},
    } as unknown as EsmsStructure;
    const problems = problemsOf(given, structure);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'apiKeys',
      'accounts.shop.tokens[0]',
      'accounts.acme.tokens[0]',
      'accounts.my-shop',
      'accounts.my-shop.tokens',
      'accounts.odd.token',
      'accounts.odd.tokens',
      'publicUrl',
      'database.pool',
      'database',
      'database.url',
      'database.schema',
      'database.migrations',
      'database.ingestConnections',
      'database.workConnections',
      'spool.directory',
      'spool.maxBytes',
      'spool.durability',
      'silenceHours',
      'reportsAlarm',
      'path',
      'callbacks.decorators',
      'api.decorators',
      'health.guards',
      'billing',
      'dispatcher.retries',
      'dispatcher.maxAttempts',
      'dispatcher.leaseMs',
      'dispatcher.backoffMs',
      'dispatcher.pollMs',
      'dispatcher.retentionDays',
      'webhooks.allowPrivateNetworks',
      'webhooks.timeoutMs',
      'webhooks.disableAfterHours',
      'webhooks.retryMs',
      'imports',
    ]);
    for (const secret of ['secret', TOKEN, 'hunter2']) expect(problems.join('\n')).not.toContain(secret);
    expect(problems[2]).toContain('accounts.shop.tokens[1]');
  });

  it.each([[undefined], [null], ['postgres://db/x'], [[]]])('%j is refused by the names of what is needed', (given) => {
    expect(problemsOf(given as unknown as EsmsOptions).map((problem) => problem.split(':')[0])).toEqual([
      'options',
      'accounts',
      'database',
      'spool',
    ]);
  });

  it.each([['postgres://user:pa/ss@db:5432/x'], ['postgres://user@[db/x'], ['mysql://db/x']])(
    '%s is no database.url, and is not repeated',
    (url) => {
      const problems = problemsOf({ ...GOOD, database: { url } });
      expect(problems).toEqual([expect.stringMatching(/^database\.url: a postgres:\/\/ URL is needed/)]);
      expect(problems[0]).not.toContain('pa/ss');
    },
  );

  it.each([['postgresql://user:pa%2Fss@db/x'], ['postgres:///x?host=/run/postgresql'], ['postgres://user:p w@db/x']])(
    '%s is one',
    (url) =>
      expect(resolveOptions({ ...GOOD, database: { url } }).database.connection).toEqual({ connectionString: url }),
  );

  it.each([['https://api.example.vn?x=1'], ['https://api.example.vn#x'], ['receipts.example.vn']])(
    '%s is no publicUrl',
    (publicUrl) => expect(problemsOf({ ...GOOD, publicUrl })).toHaveLength(1),
  );
});

describe('the structure', () => {
  it('has defaults', () => {
    expect(resolveStructure({})).toEqual({
      path: '',
      health: false,
      callbacks: { decorators: [] },
      api: false,
      billing: true,
      crm: true,
      dispatcher: { maxAttempts: 10, leaseMs: 15_000, backoffMs: 500, pollMs: 1_000, retentionDays: 7 },
      webhooks: false,
      imports: [],
    });
    // Three days and three hours in ten attempts.
    const { webhooks } = resolveStructure({ webhooks: { timeoutMs: 5_000 } });
    const waits = webhooks === false ? [] : webhooks.retryMs;
    expect([waits.length, waits.reduce((sum, wait) => sum + wait, 0)]).toEqual([9, 272_105_000]);
    expect(webhooks).toMatchObject({ allowPrivateNetworks: false, timeoutMs: 5_000, disableAfterHours: 72 });
    expect(resolveStructure({ dispatcher: { pollMs: 50 }, api: {} })).toMatchObject({
      api: { decorators: [] },
      dispatcher: { maxAttempts: 10, pollMs: 50 },
    });
  });

  it('waits for the boot with what is wrong with it', () => {
    const wrong = { path: 5, callbacks: null, api: null, dispatcher: null, webhooks: null, imports: 'AuthModule' };
    expect(() => resolveStructure(wrong as unknown as EsmsStructure)).not.toThrow();
    expect(problemsOf(GOOD, wrong as unknown as EsmsStructure)).toHaveLength(6);
  });
});

function problemsOf(options: EsmsOptions, structure: EsmsStructure = {}): readonly string[] {
  try {
    resolveOptions(options, structure);
  } catch (error) {
    expect(error).toMatchObject({ name: 'EsmsError', code: 'options_invalid' });
    const { message, problems } = error as { message: string; problems: readonly string[] };
    expect(message.split('\n').slice(1)).toEqual(problems.map((problem) => `- ${problem}`));
    return problems;
  }
  throw new Error('were accepted');
}
