import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DynamicModule,
  type INestApplication,
  Injectable,
  type LoggerService,
  Module,
  UseGuards,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { expect } from 'vitest';
import {
  type ConnectionOptions,
  type EsmsDelivery,
  type EsmsEvent,
  EsmsMessages,
  EsmsModule,
  type EsmsOptions,
  OnEsmsEvent,
} from '../../src/index.js';
import { DatabaseProxy } from './database-proxy.js';
import { eventually } from './eventually.js';
import { AROUND_EVERYTHING, Public, SkipThrottle, StaffGuard, StaffModule } from './hostile-host.js';
import { query } from './query.js';
import { type Answer, type Asked, send } from './service.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { OPEN_DELIVERIES } from './open-deliveries.js';

/** What the accounts of the host are called by. */
export const HOST_TOKENS = { default: 'callback-token-of-default', acme: 'callback-token-of-acme-1' } as const;

/** What the host itself keeps. */
@Entity({ name: 'orders' })
export class OrderEntity {
  @PrimaryColumn({ type: 'text' })
  id: string;

  @Column({ type: 'text', nullable: true })
  outcome: string | null;
}

/** The host's own work: it registers in its own transaction, and marks an event done in another. */
@Injectable()
export class Orders {
  constructor(
    @InjectDataSource() readonly dataSource: DataSource,
    readonly messages: EsmsMessages,
  ) {}

  /** An order, and what is known of its message: both or neither. */
  async place(id: string, fail = false): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.insert(OrderEntity, { id });
      await this.messages.register({ ref: id, smsId: `sms-of-${id}` }, { manager });
      if (fail) throw new Error('no stock');
    });
  }

  @OnEsmsEvent('message.delivered', { subscriber: 'orders', timeout: 2_000 })
  async note({ data }: EsmsEvent<'message.delivered'>, delivery: EsmsDelivery): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(OrderEntity, { id: data.message.ref ?? '' }, { outcome: data.message.outcome });
      await delivery.complete(manager);
    });
  }
}

@Injectable()
class HostSettings {
  readonly esms: EsmsOptions;

  constructor() {
    this.esms = settings as EsmsOptions;
  }
}

/** Of the host that is being made; a host would read its environment here. */
let settings: EsmsOptions | null = null;

@Module({ providers: [HostSettings], exports: [HostSettings] })
class HostSettingsModule {}

/** The adapters a host may have. */
export const ADAPTERS = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter({ return503OnClosing: false }),
} as const;

/** A company's backend with everything in the way, and the database behind a proxy. */
export class Host {
  #app: INestApplication | null = null;
  #port = 0;
  readonly log: string[] = [];

  private constructor(
    readonly adapter: keyof typeof ADAPTERS,
    readonly database: TestDatabase,
    readonly proxy: DatabaseProxy,
    readonly directory: string,
    /** Open before it was booted. */
    readonly socketsBefore: number,
  ) {}

  /** Booted while our database is away; the host's own connection does not go by way of the proxy. */
  static async start(adapter: keyof typeof ADAPTERS): Promise<Host> {
    const database = await createTestDatabase();
    await query(database.url, 'create table public.orders (id text primary key, outcome text)');
    const proxy = await DatabaseProxy.start(database.url);
    proxy.set('refuse');
    const host = new Host(adapter, database, proxy, mkdtempSync(join(tmpdir(), 'host-')), openSockets());
    await host.boot();
    return host;
  }

  /** Starts a process's worth of host on the same databases and spool. */
  async boot(): Promise<void> {
    const app = await NestFactory.create(this.#root(), ADAPTERS[this.adapter](), {
      logger: into(this.log),
      abortOnError: false,
    });
    app.setGlobalPrefix('api');
    app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
    await app.listen(0, '127.0.0.1');
    this.#app = app;
    this.#port = (app.getHttpServer().address() as AddressInfo).port;
  }

  get app(): INestApplication {
    if (this.#app === null) throw new Error('the host is shut down');
    return this.#app;
  }

  get port(): number {
    return this.#port;
  }

  /** What the gateway does. */
  callback(callbackQuery: string, token: string = HOST_TOKENS.default): Promise<Answer<never>> {
    return send(this.#port, `/api/esms/callbacks/esms/${token}?${callbackQuery}`);
  }

  /** A question of a member of the staff to our API, by way of the host's own prefix, version and envelope. */
  async api<Body>(path: string, asked: Asked = {}): Promise<Body> {
    const headers = { 'x-session': 'lan', ...asked.headers };
    const answer = await send<{ data: Body }>(this.#port, `/api/v1/esms${path}`, { ...asked, headers });
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body.data;
  }

  /** What waits on disk. */
  get spooled(): string[] {
    return readdirSync(this.directory).filter((name) => name !== 'damaged');
  }

  /** Waits until the spool is empty and every event has reached every subscriber. */
  async settled(): Promise<void> {
    const isDone = async (): Promise<void> => {
      expect(this.spooled).toEqual([]);
      expect(await this.rows('select from esms.subscribers')).toHaveLength(3);
      expect(await this.rows(OPEN_DELIVERIES)).toEqual([]);
    };
    await eventually(isDone);
  }

  rows(sql: string): ReturnType<typeof query> {
    return query(this.database.url, sql);
  }

  async shutDown(): Promise<void> {
    await this.#app?.close();
    this.#app = null;
  }

  async stop(): Promise<void> {
    this.proxy.set('pass');
    await this.shutDown();
    await this.proxy.close();
    await this.database.drop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #root(): DynamicModule {
    settings = {
      accounts: { default: { tokens: [HOST_TOKENS.default] }, acme: { tokens: [HOST_TOKENS.acme] } },
      publicUrl: 'https://shop.example.vn/edge/api',
      database: { options: inParts(this.proxy.url) },
      spool: { directory: this.directory },
    };
    @Module({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: this.database.url, schema: 'public', autoLoadEntities: true }),
        TypeOrmModule.forFeature([OrderEntity]),
        EsmsModule.forRootAsync({
          imports: [HostSettingsModule, StaffModule],
          inject: [HostSettings],
          useFactory: ({ esms }: HostSettings) => Promise.resolve(esms),
          path: 'esms',
          callbacks: { decorators: [Public(), SkipThrottle()] },
          api: { decorators: [UseGuards(StaffGuard)] },
          health: { decorators: [Public(), SkipThrottle()] },
          dispatcher: { pollMs: 100 },
        }),
      ],
      providers: [Orders, ...AROUND_EVERYTHING],
    })
    class Root {}
    return { module: Root };
  }
}

/** As a secret store would have it: in parts, the password by asking. */
function inParts(url: string): ConnectionOptions {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: () => Promise.resolve(decodeURIComponent(password)),
    database: pathname.slice(1),
  };
}

/** How many sockets and servers this process has open. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
}

/** A logger that keeps what it is told. */
export function into(log: string[]): LoggerService {
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  return { log: () => undefined, warn: write, error: write, fatal: write };
}
