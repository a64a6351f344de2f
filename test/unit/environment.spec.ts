import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment, readProcessEnvironment } from '../../src/app/environment.js';

const TOKEN = 'token-of-somebody-1';
const KEY = 'key-of-somebody-123';

describe('the environment of the service', () => {
  it('may be empty in development', () => {
    expect(readEnvironment({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: null,
      databaseUrl: null,
      production: false,
      tokens: null,
      apiKeys: null,
      privateWebhooks: false,
    });
  });

  it('lets webhooks into private networks only where it is told so plainly', () => {
    expect(readEnvironment({ INGEST_CONNECTIONS: '2', WORK_CONNECTIONS: '3' }).connections).toEqual({
      ingestConnections: 2,
      workConnections: 3,
    });
    expect(readEnvironment({}).connections).toEqual({});
    expect(() => readEnvironment({ WORK_CONNECTIONS: '0' })).toThrow(/^WORK_CONNECTIONS: a number from 1 to 999/);
    expect(readEnvironment({ WEBHOOKS_PRIVATE_NETWORKS: 'true' }).privateWebhooks).toBe(true);
    expect(readEnvironment({ WEBHOOKS_PRIVATE_NETWORKS: 'false' }).privateWebhooks).toBe(false);
    expect(() => readEnvironment({ WEBHOOKS_PRIVATE_NETWORKS: '1' })).toThrow(
      /^WEBHOOKS_PRIVATE_NETWORKS: false or true$/,
    );
  });

  it('takes how many persons may be looked up in a minute', () => {
    expect(readEnvironment({ LOOKUPS_PER_MINUTE: '5' }).lookups).toEqual({ lookupsPerMinute: 5 });
    expect(readEnvironment({}).lookups).toEqual({});
    expect(readEnvironment({ WEBHOOKS_PER_ACCOUNT: '250' }).webhookLimit).toEqual({ perAccount: 250 });
    for (const wrong of ['0', '-1', '1.5', 'many']) {
      expect(() => readEnvironment({ LOOKUPS_PER_MINUTE: wrong })).toThrow(/^LOOKUPS_PER_MINUTE: a number from 1/);
    }
  });

  it('counts an empty or blank variable as not given', () => {
    expect(readEnvironment({ PORT: '', CALLBACK_TOKENS: ' ', API_KEYS: '', DATABASE_URL: '  ' })).toMatchObject({
      port: 3000,
      databaseUrl: null,
      tokens: null,
      apiKeys: null,
    });
  });

  it('takes from a file what the environment has not, or has empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-esms-env-'));
    const file = join(folder, '.env');
    writeFileSync(file, `CALLBACK_TOKENS=${TOKEN}\nINGEST_CONNECTIONS=3\nWORK_CONNECTIONS=5\n`);
    const before = { ...process.env };
    try {
      Object.assign(process.env, { CALLBACK_TOKENS: '', WORK_CONNECTIONS: '7' });
      expect(readProcessEnvironment(file)).toMatchObject({
        tokens: new Map([['default', [TOKEN]]]),
        connections: { ingestConnections: 3, workConnections: 7 },
      });
    } finally {
      for (const name of ['CALLBACK_TOKENS', 'INGEST_CONNECTIONS', 'WORK_CONNECTIONS']) delete process.env[name];
      Object.assign(process.env, before);
      rmSync(folder, { recursive: true });
    }
  });

  it('names accounts and scopes', () => {
    const { tokens, apiKeys } = readEnvironment({
      CALLBACK_TOKENS: `${TOKEN}, shop=${TOKEN}2 ,default=${TOKEN}3`,
      API_KEYS: `${KEY}, shop= ${KEY}2:read+pii, ${KEY}3 :operate,*=${KEY}4:read+operate, * = ${KEY}5`,
    });
    expect(tokens).toEqual(
      new Map([
        ['default', [TOKEN, `${TOKEN}3`]],
        ['shop', [`${TOKEN}2`]],
      ]),
    );
    expect(apiKeys).toEqual(
      new Map([
        [KEY, { account: 'default', scopes: new Set(['read', 'write']) }],
        [`${KEY}2`, { account: 'shop', scopes: new Set(['read', 'pii']) }],
        [`${KEY}3`, { account: 'default', scopes: new Set(['operate']) }],
        [`${KEY}4`, { account: null, scopes: new Set(['read', 'operate']) }],
        [`${KEY}5`, { account: null, scopes: new Set(['read', 'write']) }],
      ]),
    );
  });

  it('needs a database, tokens and keys in production, and says so at once', () => {
    expect(() => readEnvironment({ NODE_ENV: 'production' })).toThrow(
      /^DATABASE_URL: .*\nCALLBACK_TOKENS: .*\nAPI_KEYS: .*$/,
    );
    const DATABASE_URL = 'postgres://u:p@db/x';
    expect(
      readEnvironment({ NODE_ENV: 'production', DATABASE_URL, CALLBACK_TOKENS: TOKEN, API_KEYS: KEY }),
    ).toMatchObject({ host: '0.0.0.0', databaseUrl: DATABASE_URL });
  });

  it.each([
    ['a short token', { CALLBACK_TOKENS: 'short-secret' }, 'CALLBACK_TOKENS', 'short-secret'],
    ['a token with blanks', { CALLBACK_TOKENS: 'default=secret with a blank' }, 'CALLBACK_TOKENS', 'with a'],
    ['a token with a slash', { CALLBACK_TOKENS: 'secret/with/some/slashes' }, 'CALLBACK_TOKENS', 'with/some'],
    ['a comma too many', { CALLBACK_TOKENS: `${TOKEN},` }, 'CALLBACK_TOKENS', TOKEN],
    ['one token for two accounts', { CALLBACK_TOKENS: `a=${TOKEN},b=${TOKEN}` }, 'CALLBACK_TOKENS', TOKEN],
    ['an account with a dash', { CALLBACK_TOKENS: `my-shop=${TOKEN}` }, 'CALLBACK_TOKENS', TOKEN],
    ['an account without a name', { CALLBACK_TOKENS: `=${TOKEN}` }, 'CALLBACK_TOKENS', TOKEN],
    ['a token of all accounts', { CALLBACK_TOKENS: `*=${TOKEN}` }, 'CALLBACK_TOKENS', TOKEN],
    ['a key of some accounts', { API_KEYS: `shop*=${KEY}:operate` }, 'API_KEYS', KEY],
    ['a short key', { API_KEYS: 'tiny-key:read' }, 'API_KEYS', 'tiny-key'],
    ['a key that is given twice', { API_KEYS: `${KEY}:read,${KEY}:write` }, 'API_KEYS', KEY],
    ['an unknown scope', { API_KEYS: `${KEY}:fly` }, 'API_KEYS', KEY],
    ['an empty scope', { API_KEYS: `${KEY}:` }, 'API_KEYS', KEY],
    ['a colon too many', { API_KEYS: `${KEY}:read:write` }, 'API_KEYS', KEY],
    ['another database', { DATABASE_URL: 'mysql://root:hunter2@db/x' }, 'DATABASE_URL', 'hunter2'],
    ['a port beyond the last', { PORT: '65536' }, 'PORT', ' at '],
    ['a port that is a word', { PORT: 'http' }, 'PORT', ' at '],
    ['a key of an account without a token', { API_KEYS: `shop=${KEY}` }, 'API_KEYS', KEY],
    ['another one', { CALLBACK_TOKENS: `shop=${TOKEN}`, API_KEYS: KEY }, 'API_KEYS', KEY],
    ['a URL of another kind', { PUBLIC_URL: 'ftp://receipts.example.vn' }, 'PUBLIC_URL', ' at '],
    ['a URL that is none', { PUBLIC_URL: 'receipts.example.vn' }, 'PUBLIC_URL', ' at '],
  ])('is refused with %s, by the name of the variable and without its text', (_what, variables, name, secret) => {
    const message = messageOf(variables);
    expect(message.split('\n').map((line) => line.split(':')[0])).toContain(name);
    expect(message).not.toContain(secret);
  });

  it('names the brokers that get the events', () => {
    expect(readEnvironment({}).relays).toEqual({});
    const { relays } = readEnvironment({
      RABBITMQ_URL: 'amqp://one',
      RABBITMQ_EXCHANGE: 'receipts',
      NATS_URL: 'nats://two',
      RELAY_TYPES: 'message.delivered, message.rejected',
      RELAY_MODE: 'binary',
      RELAY_RECIPIENT: 'true',
    });
    const shared = { types: ['message.delivered', 'message.rejected'], mode: 'binary', includeRecipient: true };
    expect(relays).toEqual({
      rabbitmq: { ...shared, url: 'amqp://one', exchange: 'receipts' },
      nats: { ...shared, url: 'nats://two' },
    });
    const wrong = {
      RABBITMQ_URL: 'http://one',
      NATS_URL: 'two',
      RELAY_TYPES: 'message.lost',
      RELAY_MODE: 'loud',
      RELAY_RECIPIENT: 'yes',
    };
    for (const name of Object.keys(wrong)) expect(() => readEnvironment(wrong)).toThrow(`${name}: `);
  });
});

function messageOf(variables: Record<string, string>): string {
  try {
    readEnvironment(variables);
  } catch (error) {
    expect(error).toMatchObject({ name: 'EsmsError', code: 'options_invalid' });
    return (error as Error).message;
  }
  throw new Error('was accepted');
}
