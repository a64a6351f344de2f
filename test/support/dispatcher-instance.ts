import { type INestApplicationContext, type LoggerService, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect } from 'vitest';
import type { DispatcherOptions, RelaysOptions } from '../../src/config/options.js';
import { Database } from '../../src/database/database.js';
import {
  EsmsModule,
  EsmsSubscriptions,
  EsmsWebhooks,
  type Subscription,
  type WebhookOptions,
} from '../../src/index.js';
import { eventually } from './eventually.js';

interface Settings {
  providers?: Provider[];
  dispatcher?: false | DispatcherOptions;
  billing?: boolean;
  crm?: boolean;
  webhooks?: WebhookOptions;
  workConnections?: number;
  migrations?: 'run' | 'check' | 'off';
  schema?: string;
  relays?: RelaysOptions;
  /** Whether the start ends when the database is ready, and not before. */
  isReady?: boolean;
}

/** A process's worth of a host with handlers and without HTTP: a worker. */
export class DispatcherInstance {
  private constructor(
    readonly app: INestApplicationContext,
    readonly log: readonly string[],
  ) {}

  static async start(url: string, settings: Settings = {}): Promise<DispatcherInstance> {
    const { providers = [], dispatcher = {}, migrations = 'off', schema = 'esms', relays = {} } = settings;
    const { billing = false, crm = false, webhooks = false, workConnections = 3 } = settings;
    const accounts = { default: { tokens: ['token-of-the-dispatcher-test'] } };
    const esms = EsmsModule.forRoot({
      accounts,
      database: { url, schema, migrations, workConnections },
      spool: false,
      relays,
      billing,
      crm,
      dispatcher,
      webhooks,
    });
    @Module({ imports: [esms], providers })
    class Host {}
    const log: string[] = [];
    const app = await NestFactory.createApplicationContext(Host, { logger: into(log), abortOnError: false });
    if (settings.isReady ?? true) await app.get(Database, { strict: false }).whenReady();
    return new DispatcherInstance(app, log);
  }

  get subscriptions(): EsmsSubscriptions {
    return this.app.get(EsmsSubscriptions, { strict: false });
  }

  get webhooks(): EsmsWebhooks {
    return this.app.get(EsmsWebhooks, { strict: false });
  }

  /** Waits until a subscriber, or every one, has got everything. */
  async caughtUp(name?: string): Promise<void> {
    const isDone = async (): Promise<void> => {
      const list = await this.subscriptions.list();
      const behind = ({ lag, parked }: Subscription): boolean => lag + parked > 0;
      expect(list.filter((each) => (name === undefined || each.name === name) && behind(each))).toEqual([]);
    };
    await eventually(isDone);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

function into(log: string[]): LoggerService {
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  return { log: write, warn: write, error: (...parts) => write('ERROR', ...parts), fatal: write };
}
