import { join, resolve } from 'node:path';
import {
  type Caller,
  EsmsError,
  type EsmsOptions,
  NAME_PATTERN,
  SCOPES,
  type Scope,
  SECRET_PATTERN,
  type WebhookOptions,
} from '../index.js';
import { readEnvFile } from './env-file.js';
import { relaysOf } from './relay-variables.js';
import { given, misspelled, type Note, oneOf, type Variables, watched } from './variables.js';

/** What the service is told from outside. */
export interface Environment {
  port: number;
  host: string;
  publicUrl: string | null;
  /** null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  /** Sizes of the two pools, as far as they were given. */
  connections: Pick<EsmsOptions['database'], 'ingestConnections' | 'workConnections'>;
  /** Where the embedded PostgreSQL and generated secrets are kept. */
  dataDirectory: string;
  /** Where callbacks wait while the database is away. */
  spoolDirectory: string;
  production: boolean;
  /** Callback tokens by account; null where none were given. */
  tokens: ReadonlyMap<string, readonly string[]> | null;
  /** API keys; null where none were given. */
  apiKeys: ReadonlyMap<string, Caller> | null;
  /** The brokers that get the events. */
  relays: NonNullable<EsmsOptions['relays']>;
  /** How many persons a key without `pii` may look up in a minute, if it was given. */
  lookups: Pick<EsmsOptions, 'lookupsPerMinute'>;
  /** Whether webhooks may be in private networks. */
  privateWebhooks: boolean;
  /** How many webhooks an account may have, if it was given. */
  webhookLimit: Pick<WebhookOptions, 'perAccount'>;
  /** Sentences about variables that are nearly ours, and were not read. */
  warnings: readonly string[];
}

const DEFAULT_ACCOUNT = 'default';
const BARE_KEY_SCOPES: readonly Scope[] = ['read', 'write'];

/**
 * The environment of this process, with a `.env` file of the working folder beneath it.
 * @throws EsmsError `options_invalid` that lists every problem by file and line, or by the name of its variable
 */
export function readProcessEnvironment(file = '.env'): Environment {
  for (const [name, value] of readEnvFile(file)) {
    // A variable that is there and empty would stand before the file's.
    if (given(process.env, name) === null) process.env[name] = value;
  }
  return readEnvironment(process.env);
}

/** Reads variables. Throws `EsmsError` `options_invalid` that lists every problem by the name of its variable. */
export function readEnvironment(all: Variables): Environment {
  const problems: string[] = [];
  const note: Note = (name, text) => void problems.push(`${name}: ${text}`);
  const { variables, asked } = watched(all);
  const production = isProduction(variables);
  const dataDirectory = resolve(given(variables, 'DATA_DIR') ?? '.data');
  const environment: Omit<Environment, 'warnings'> = {
    port: portOf(given(variables, 'PORT') ?? '3000', note),
    host: given(variables, 'HOST') ?? (production ? '0.0.0.0' : '127.0.0.1'),
    publicUrl: urlOf(given(variables, 'PUBLIC_URL'), note),
    databaseUrl: given(variables, 'DATABASE_URL'),
    connections: {
      ...connectionsOf('ingestConnections', 'INGEST_CONNECTIONS', variables, note),
      ...connectionsOf('workConnections', 'WORK_CONNECTIONS', variables, note),
    },
    dataDirectory,
    spoolDirectory: join(dataDirectory, 'spool'),
    production,
    tokens: tokensOf(given(variables, 'CALLBACK_TOKENS'), note),
    apiKeys: keysOf(given(variables, 'API_KEYS'), note),
    relays: relaysOf(variables, note),
    lookups: limitOf('lookupsPerMinute', 'LOOKUPS_PER_MINUTE', variables, note),
    webhookLimit: limitOf('perAccount', 'WEBHOOKS_PER_ACCOUNT', variables, note),
    privateWebhooks: oneOf(['false', 'true'], 'WEBHOOKS_PRIVATE_NETWORKS', variables, note) === 'true',
  };
  if (environment.databaseUrl !== null && !/^postgres(ql)?:\/\//.test(environment.databaseUrl)) {
    note('DATABASE_URL', 'a postgres:// URL is needed');
  }
  noteForeignKeys(environment, note);
  if (production) noteMissing(environment, note);
  const warnings = misspelled(all, asked);
  if (problems.length > 0) throw new EsmsError('options_invalid', [...problems, ...warnings].join('\n'));
  return { ...environment, warnings };
}

/** Whether nothing may be generated, or be made for a developer. */
export const isProduction = (variables: Variables): boolean =>
  given(variables, 'NODE_ENV')?.toLowerCase() === 'production';

/** A key of an account that no callback can be for is a typing error. */
function noteForeignKeys({ tokens, apiKeys }: Pick<Environment, 'tokens' | 'apiKeys'>, note: Note): void {
  const accounts = [...(tokens?.keys() ?? [DEFAULT_ACCOUNT])];
  for (const { account } of apiKeys?.values() ?? []) {
    if (account !== null && !accounts.includes(account)) note('API_KEYS', `account ${account} has no callback token`);
  }
}

function noteMissing({ databaseUrl, tokens, apiKeys }: Omit<Environment, 'warnings'>, note: Note): void {
  if (databaseUrl === null) note('DATABASE_URL', 'needed in production; the embedded PostgreSQL is for development');
  if (tokens === null) note('CALLBACK_TOKENS', 'needed in production');
  if (apiKeys === null) note('API_KEYS', 'needed in production');
}

function portOf(text: string, note: Note): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) note('PORT', 'a number from 0 to 65535 is needed');
  return port;
}

function connectionsOf(
  option: keyof Environment['connections'],
  name: string,
  variables: Variables,
  note: Note,
): Environment['connections'] {
  const text = given(variables, name);
  if (text === null) return {};
  if (!/^[1-9]\d{0,2}$/.test(text)) note(name, 'a number from 1 to 999 is needed');
  return { [option]: Number(text) };
}

function limitOf<Option extends string>(
  option: Option,
  name: string,
  variables: Variables,
  note: Note,
): Partial<Record<Option, number>> {
  const text = given(variables, name);
  if (text === null) return {};
  if (!/^[1-9]\d{0,4}$/.test(text)) note(name, 'a number from 1 to 99999 is needed');
  return { [option]: Number(text) } as Record<Option, number>;
}

function urlOf(text: string | null, note: Note): string | null {
  if (text !== null && !(URL.canParse(text) && /^https?:/i.test(text)))
    note('PUBLIC_URL', 'an http or https URL is needed');
  return text;
}

/** `[account=]token`, comma separated. The text of a bad one is not repeated: it may be a secret with a typing error. */
function tokensOf(text: string | null, note: Note): Environment['tokens'] {
  if (text === null) return null;
  const tokens = new Map<string, string[]>();
  for (const [account, token] of entriesOf('CALLBACK_TOKENS', text, note)) {
    tokens.set(account, [...(tokens.get(account) ?? []), token]);
  }
  return tokens;
}

/** Instead of an account's name: a key of all accounts. */
const ALL_ACCOUNTS = '*';

/** `[account=]key[:scope+scope]`, comma separated; a bare key may read and write. */
function keysOf(text: string | null, note: Note): Environment['apiKeys'] {
  if (text === null) return null;
  const scopesOf = new Map<string, readonly Scope[]>();
  const bare = text.split(',').map((entry, index) => {
    const [key = '', ...lists] = entry.trim().split(':');
    const scopes = lists.length === 0 ? BARE_KEY_SCOPES : lists.join(':').split('+');
    const unknown = scopes.filter((scope) => !SCOPES.includes(scope as Scope));
    if (unknown.length > 0) note('API_KEYS', `entry ${index + 1}: scopes are ${SCOPES.join(', ')}`);
    scopesOf.set(key.slice(key.indexOf('=') + 1).trim(), scopes as Scope[]);
    return key;
  });
  const isAccount = (name: string): boolean => name === ALL_ACCOUNTS || NAME_PATTERN.test(name);
  const entries = entriesOf('API_KEYS', bare.join(','), note, isAccount);
  return new Map(
    entries.map(([account, key]) => [
      key,
      { account: account === ALL_ACCOUNTS ? null : account, scopes: new Set(scopesOf.get(key)) },
    ]),
  );
}

function entriesOf(
  name: string,
  text: string,
  note: Note,
  isAccount = (account: string): boolean => NAME_PATTERN.test(account),
): [account: string, secret: string][] {
  const entries = text.split(',').map((entry, index): [string, string] => {
    const end = entry.indexOf('=');
    const account = end === -1 ? DEFAULT_ACCOUNT : entry.slice(0, end).trim();
    const secret = entry.slice(end + 1).trim();
    if (!isAccount(account)) note(name, `entry ${index + 1}: the account's name has letters, digits and _ only`);
    if (!SECRET_PATTERN.test(secret))
      note(name, `entry ${index + 1}: 16 to 100 characters of A-Z a-z 0-9 _ - are needed`);
    return [account, secret];
  });
  if (new Set(entries.map(([, secret]) => secret)).size < entries.length) note(name, 'the same one is given twice');
  return entries;
}
