import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Caller, SCOPES } from '../index.js';
import { createApp } from './create-app.js';
import { type DevelopmentSecrets, developmentSecrets } from './development-secrets.js';
import { demandAddress } from './demand-address.js';
import { type Environment, isProduction, readProcessEnvironment } from './environment.js';
import { type OpenedDatabase, openDatabase } from './open-database.js';
import { ServiceLogger } from './service-logger.js';
import { startFailure } from './start-failure.js';
import { startReport, startScreen } from './start-report.js';
import { packageVersion } from './version.js';

const DEFAULT_ACCOUNT = 'default';
const CONTEXT = 'Service';

/** What is open, to be closed in this order: a request that is under way when the stop comes is still stored. */
interface Running {
  app?: NestFastifyApplication;
  database?: OpenedDatabase;
  /** The stop that a signal began; it ends the process. */
  stopping?: Promise<void>;
}

/** Runs the service until it is told to stop. */
export async function runService(): Promise<void> {
  const running: Running = {};
  let environment: Environment | null = null;
  try {
    environment = readProcessEnvironment();
    await start(environment, running);
  } catch (error) {
    // What was stopped while it started did not fail.
    if (running.stopping !== undefined) return running.stopping;
    const message = startFailure(error, environment ?? { port: 0, host: '' });
    if (isProduction(process.env))
      new ServiceLogger(true).error(`nestjs-esms did not start: ${message}`, undefined, CONTEXT);
    else process.stderr.write(`nestjs-esms did not start\n${message}\n`);
    await close(running).catch(() => undefined);
    process.exit(1);
  }
}

async function start(environment: Environment, running: Running): Promise<void> {
  const logger = new ServiceLogger(environment.production);
  stopOnSignal(running, logger);
  logger.log(`nestjs-esms ${packageVersion()} is starting`, CONTEXT);
  await demandAddress(environment);
  for (const warning of environment.warnings) logger.warn(warning, CONTEXT);
  const secrets = environment.production ? null : secretsFor(environment);
  running.database = await openDatabase(environment, (line) => logger.log(line, CONTEXT));
  running.app = await createApp(optionsFrom(environment, running.database, secrets), logger);
  await running.app.listen(environment.port, environment.host);
  const listening = await running.app.getUrl();
  if (environment.production) {
    for (const [label, text] of startReport(listening, environment)) logger.log(`${label}: ${text}`, CONTEXT);
  } else {
    process.stdout.write(startScreen(listening, environment, secrets));
  }
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
    spoolDirectory,
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
  const everything: Caller = { account: null, scopes: new Set(SCOPES) };
  const generatedKeys = new Map(secrets === null ? [] : [[secrets.key, everything] as const]);
  const accounts = [...(tokens ?? generatedTokens)].map(([name, own]) => [name, { tokens: own }] as const);
  return {
    esms: {
      accounts: Object.fromEntries(accounts),
      database: { url, ...connections },
      spool: { directory: spoolDirectory },
      relays,
      ...lookups,
      ...(publicUrl === null ? {} : { publicUrl }),
    },
    apiKeys: apiKeys ?? generatedKeys,
    webhooks: { allowPrivateNetworks: privateWebhooks, ...webhookLimit },
    docsNeedKey: production,
  };
}

/** However many signals come, it stops once. */
function stopOnSignal(running: Running, logger: LoggerService): void {
  const stop = async (signal: string): Promise<void> => {
    const startedAt = performance.now();
    logger.log(`${signal}: stopping; what is under way is finished first`, CONTEXT);
    try {
      await close(running);
    } catch (error) {
      logger.error(`stopped with an error: ${(error as Error).message}`, undefined, CONTEXT);
      process.exit(1);
    }
    logger.log(`stopped after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`, CONTEXT);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void (running.stopping ??= stop(signal)));
}

async function close({ app, database }: Running): Promise<void> {
  await app?.close();
  await database?.close();
}
