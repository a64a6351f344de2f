import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Caller, SCOPES } from '../index.js';
import { createApp } from './create-app.js';
import { type DevelopmentSecrets, developmentSecrets } from './development-secrets.js';
import { type Environment, readProcessEnvironment } from './environment.js';
import { type OpenedDatabase, openDatabase } from './open-database.js';

const DEFAULT_ACCOUNT = 'default';

/** Which variable an option of the module comes from, of those that only the module can check. */
const VARIABLES = {
  publicUrl: 'PUBLIC_URL',
  'database.url': 'DATABASE_URL',
  'relays.rabbitmq.url': 'RABBITMQ_URL',
  'relays.rabbitmq.exchange': 'RABBITMQ_EXCHANGE',
  'relays.nats.url': 'NATS_URL',
  'relays.nats.subjectPrefix': 'NATS_SUBJECT_PREFIX',
  'relays.nats.stream': 'NATS_STREAM',
};

/** Runs the service until it is told to stop. */
export async function runService(): Promise<void> {
  try {
    const environment = readProcessEnvironment();
    const secrets = environment.production ? null : secretsFor(environment);
    const database = await openDatabase(environment);
    const app = await createApp(optionsFrom(environment, database, secrets));
    stopOnSignal(app, database);
    await app.listen(environment.port, environment.host);
    if (secrets !== null) printCurlLines(await app.getUrl(), environment, secrets);
  } catch (error) {
    process.stderr.write(`nestjs-esms did not start\n${withVariables((error as Error).message)}\n`);
    process.exit(1);
  }
}

/** What is wrong with an option, under the name of its variable. */
function withVariables(message: string): string {
  return Object.entries(VARIABLES).reduce(
    (text, [option, variable]) => text.replaceAll(`- ${option}:`, `- ${variable}:`),
    message,
  );
}

/** Generated ones, where something is not given. */
function secretsFor({ tokens, apiKeys, dataDirectory }: Environment): DevelopmentSecrets | null {
  return tokens === null || apiKeys === null ? developmentSecrets(dataDirectory) : null;
}

function optionsFrom(
  {
    tokens,
    apiKeys,
    publicUrl,
    connections,
    dataDirectory,
    relays,
    lookups,
    privateWebhooks,
    webhookLimit,
    production,
  }: Environment,
  { url }: OpenedDatabase,
  secrets: DevelopmentSecrets | null,
): Parameters<typeof createApp>[0] {
  const generatedTokens = new Map([[DEFAULT_ACCOUNT, secrets === null ? [] : [secrets.token]]]);
  const everything: Caller = { account: DEFAULT_ACCOUNT, scopes: new Set(SCOPES) };
  const generatedKeys = new Map(secrets === null ? [] : [[secrets.key, everything] as const]);
  const accounts = [...(tokens ?? generatedTokens)].map(([name, own]) => [name, { tokens: own }] as const);
  return {
    esms: {
      accounts: Object.fromEntries(accounts),
      database: { url, ...connections },
      spool: { directory: join(dataDirectory, 'spool') },
      relays,
      ...lookups,
      ...(publicUrl === null ? {} : { publicUrl }),
    },
    apiKeys: apiKeys ?? generatedKeys,
    webhooks: { allowPrivateNetworks: privateWebhooks, ...webhookLimit },
    docsNeedKey: production,
  };
}

/** The database goes last: a request that is under way when the signal comes is still stored. */
function stopOnSignal(app: NestFastifyApplication, database: OpenedDatabase): void {
  const stop = async (): Promise<void> => {
    await app.close();
    await database.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/** Only what was generated is printed; what was given is somebody's secret. */
function printCurlLines(
  listening: string,
  { tokens, apiKeys, publicUrl }: Environment,
  { token, key }: DevelopmentSecrets,
): void {
  const url = publicUrl?.replace(/\/$/, '') ?? listening;
  const callback =
    'SMSID=hello-1&SendFailed=0&SendStatus=5&SendSuccess=1&TotalPrice=470.0000&TotalReceiver=1&TotalSent=1' +
    '&RequestId=&TypeId=23&telcoid=2&phonenumber=0901888484';
  const lines = [
    ...(tokens === null ? ['Send a callback:', `  curl -g '${url}/callbacks/esms/${token}?${callback}'`] : []),
    ...(apiKeys === null ? ['Read the message:', `  curl -H 'x-api-key: ${key}' '${url}/messages/hello-1'`] : []),
    `Everything else: ${url}/docs`,
  ];
  process.stdout.write(`\n${lines.join('\n')}\n\n`);
}
