import {
  type CanActivate,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Scope,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CallbackController } from '../../src/callbacks/callback.controller.js';
import { EsmsMessages, EsmsModule, type EsmsOptions, type EsmsOptionsFactory } from '../../src/index.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventHandler } from '../support/event-handler.js';
import { into } from '../support/host.js';
import { Public, SkipThrottle } from '../support/hostile-host.js';
import { query } from '../support/query.js';
import { send } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

const TOKEN = 'callback-token-of-boot';

/** Nobody answers there: a host boots all the same. */
const OPTIONS: EsmsOptions = {
  accounts: { default: { tokens: [TOKEN] } },
  database: { url: 'postgres://nobody@127.0.0.1:1/nothing' },
  spool: false,
};

type Settings = Omit<Parameters<typeof EsmsModule.forRoot>[0], keyof EsmsOptions> & Partial<EsmsOptions>;

let app: INestApplication | null = null;

afterEach(async () => {
  await app?.close();
  app = null;
});

@Injectable()
class AuthGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class TenantGuard extends AuthGuard {}

class AuditGuard extends AuthGuard {}

/** Boots a host; gives what it warned of. */
async function boot(
  root: Pick<DynamicModule, 'imports' | 'providers' | 'controllers'>,
  {
    prepare = () => undefined,
    adapter = new ExpressAdapter(),
  }: { prepare?: (created: INestApplication) => unknown; adapter?: ExpressAdapter | FastifyAdapter } = {},
): Promise<string[]> {
  @Module({})
  class Root {}
  const log: string[] = [];
  app = await NestFactory.create({ module: Root, ...root }, adapter, { logger: into(log), abortOnError: false });
  prepare(app);
  await app.listen(0, '127.0.0.1');
  return log;
}

const esms = (settings: Settings = {}): DynamicModule => EsmsModule.forRoot({ ...OPTIONS, ...settings });

const ask = (path: string, headers: Record<string, string> = {}) =>
  send((app?.getHttpServer() as { address(): AddressInfo }).address().port, path, { headers });

describe('a boot stops', () => {
  it('with every problem of options and structure at once', async () => {
    const accounts = { shop: { tokens: [TOKEN] }, acme: { tokens: [TOKEN, 'short'] } };
    const options = { accounts, database: { url: 'mysql://db/x' }, spool: false as const };
    const booting = boot({
      imports: [EsmsModule.forRootAsync({ useFactory: () => Promise.resolve(options), dispatcher: { leaseMs: -1 } })],
    });
    await expect(booting).rejects.toMatchObject({
      name: 'EsmsError',
      code: 'options_invalid',
      problems: [
        expect.stringMatching(/^accounts\.acme\.tokens\[0\]: the same as accounts\.shop\.tokens\[0\]/),
        expect.stringMatching(/^accounts\.acme\.tokens\[1\]: /),
        expect.stringMatching(/^database\.url: /),
        expect.stringMatching(/^dispatcher\.leaseMs: /),
      ],
    });
  });

  it('with a second forRoot, and points to accounts', async () => {
    @Module({ imports: [esms({ path: 'second' })] })
    class Feature {}
    await expect(boot({ imports: [esms(), Feature] })).rejects.toThrow(/one forRoot.*`accounts`/i);
  });

  it.each<[string, string, Parameters<INestApplication['setGlobalPrefix']>[1]?]>([
    ['https://shop.example.vn', 'api'],
    ['https://shop.example.vn/webapi', 'api'],
    ['https://shop.example.vn/api/v2', 'api'],
    ['https://shop.example.vn', 'api', { exclude: ['health'] }],
  ])('where publicUrl is %s and the global prefix %s', async (publicUrl, prefix, options) => {
    const prepare = (created: INestApplication) => created.setGlobalPrefix(prefix, options);
    await expect(boot({ imports: [esms({ publicUrl })] }, { prepare })).rejects.toMatchObject({
      code: 'options_invalid',
      problems: [expect.stringMatching(/^publicUrl: .*\/api$/)],
    });
  });

  it("with migrations: 'check' and pending ones, by name", async () => {
    const database = await createTestDatabase();
    await query(database.url, `delete from esms.nestjs_esms_migrations where name = 'DurableSubscribers1764100000000'`);
    const booting = boot({ imports: [esms({ database: { url: database.url, migrations: 'check' } })] });
    await expect(booting).rejects.toThrow(/'check'.*pending: DurableSubscribers1764100000000$/);
    await app?.close();
    app = null;
    await database.drop();
  });
});

describe('a host boots', () => {
  it.each<[string, string, Parameters<INestApplication['setGlobalPrefix']>[1]?]>([
    ['https://shop.example.vn/edge/api/', '/api'],
    ['https://shop.example.vn', 'api', { exclude: ['hooks/callbacks/esms/:token'] }],
    ['https://shop.example.vn/behind/a/proxy', ''],
  ])('where publicUrl is %s and the global prefix %j', async (publicUrl, prefix, options) => {
    const prepare = (created: INestApplication) => created.setGlobalPrefix(prefix, options);
    await boot({ imports: [esms({ publicUrl, path: 'hooks' })] }, { prepare });
  });

  it('with a factory class, made for it or there already', async () => {
    @Injectable()
    class Settings implements EsmsOptionsFactory {
      createEsmsOptions(): EsmsOptions {
        return OPTIONS;
      }
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    await boot({ imports: [EsmsModule.forRootAsync({ useClass: Settings })] });
    expect((await ask(`/callbacks/esms/${TOKEN}x?SMSID=1`)).status).toBe(404);
    await app?.close();
    await boot({ imports: [EsmsModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings })] });
    expect((await ask(`/callbacks/esms/${TOKEN}x?SMSID=1`)).status).toBe(404);
  });

  it('with its services for every module, though only the root imports ours', async () => {
    @Injectable()
    class Invoices {
      constructor(readonly messages: EsmsMessages) {}
    }
    @Module({ providers: [Invoices] })
    class Feature {}
    await boot({ imports: [esms(), Feature] });
    expect(app?.get(Invoices, { strict: false }).messages).toBeInstanceOf(EsmsMessages);
    await expect(app?.get(EsmsMessages).get('x')).rejects.toMatchObject({ code: 'database_away' });
  });

  it('and is warned of each global guard by name, unless there are decorators for all', async () => {
    const providers = [
      { provide: APP_GUARD, useClass: AuthGuard },
      { provide: APP_GUARD, useClass: TenantGuard },
    ];
    const prepare = (created: INestApplication) => created.useGlobalGuards(new AuditGuard());
    const warned = async (decorators: (ClassDecorator & MethodDecorator)[]): Promise<string[]> => {
      const log = await boot({ imports: [esms({ callbacks: { decorators } })], providers }, { prepare });
      await app?.close();
      return log.flatMap((line) => /global guard (\w+)/.exec(line)?.[1] ?? []).toSorted();
    };
    const all = ['AuditGuard', 'AuthGuard', 'TenantGuard'];
    expect(await warned([])).toEqual(all);
    expect(await warned([Public(), SkipThrottle()])).toEqual(all);
    expect(await warned([UseGuards(AuthGuard, AuthGuard, AuthGuard) as ClassDecorator & MethodDecorator])).toEqual(all);
    const Third = (target: object) => Reflect.defineMetadata('host:third', true, target);
    expect(await warned([Public(), SkipThrottle(), Third])).toEqual([]);
  });

  it("with health behind the host's guards unless its decorators say otherwise, and is warned of that", async () => {
    @Injectable()
    class SessionGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        return Reflect.getMetadata('host:public', context.getClass()) === true;
      }
    }
    const providers = [{ provide: APP_GUARD, useClass: SessionGuard }];
    const api = { decorators: [UseGuards(AuthGuard)] };
    const statusWith = async (health: Settings['health'], adapter = new ExpressAdapter()): Promise<unknown[]> => {
      const given = health === undefined ? {} : { health };
      const root = { imports: [esms({ api, ...given, callbacks: { decorators: [Public()] } })], providers };
      const log = await boot(root, { adapter });
      const { status } = await ask('/health/live');
      await app?.close();
      return [status, log.filter((line) => line.includes('SessionGuard may refuse')).length];
    };
    expect(await statusWith(undefined)).toEqual([403, 1]);
    expect(await statusWith({ decorators: [SkipThrottle()] })).toEqual([403, 0]);
    expect(await statusWith({ decorators: [Public()] })).toEqual([200, 0]);
    expect(await statusWith({ decorators: [Public()] }, new FastifyAdapter() as never)).toEqual([200, 0]);
    expect(await statusWith(false)).toEqual([404, 0]);
    await boot({ imports: [esms({ health: {} })] });
    expect([(await ask('/health/live')).status, (await ask('/messages')).status]).toEqual([200, 404]);
  });

  it('and is warned of an API without decorators, and of a Fastify that refuses while it closes', async () => {
    const log = await boot({ imports: [esms({ api: {} })] }, { adapter: new FastifyAdapter() });
    expect(log.filter((line) => line.includes('api has no decorators'))).toHaveLength(1);
    expect(log.filter((line) => line.includes('return503OnClosing: false'))).toHaveLength(1);
    await app?.close();
    const quiet = await boot(
      { imports: [esms({ api: { decorators: [UseGuards(AuthGuard)] } })], providers: [AuthGuard] },
      { adapter: new FastifyAdapter({ return503OnClosing: false }) },
    );
    expect(quiet.filter((line) => /api has no|503/.test(line))).toEqual([]);
  });

  it('with the API off, and its own routes of the same names', async () => {
    @Controller('messages')
    class MessagesOfHost {
      @Get()
      list(): string {
        return 'of the host';
      }
    }
    await boot({ imports: [esms()], controllers: [MessagesOfHost] });
    expect((await ask('/messages')).text).toBe('of the host');
    for (const path of ['/quarantine', '/billing/ledger', '/subscriptions', '/health/ready']) {
      expect((await ask(path)).status).toBe(404);
    }
  });

  it('with versions in a header, and the callback route in every one of them', async () => {
    const prepare = (created: INestApplication) =>
      created.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '2' });
    await boot({ imports: [esms()] }, { prepare });
    for (const headers of [{}, { 'x-version': '1' }, { 'x-version': '2' }]) {
      // Only our own guard says so; a route that is not there names its path.
      expect((await ask('/callbacks/esms/a-stranger', headers)).body).toMatchObject({ message: 'Not Found' });
    }
  });

  it('and its decorators are on no class of ours', async () => {
    await boot({ imports: [esms({ callbacks: { decorators: [Public()] } })] });
    expect(Reflect.getMetadata('host:public', CallbackController)).toBeUndefined();
  });
});

it('a worker without HTTP delivers events, checks no routes, and serves no callback', async () => {
  const database = await createTestDatabase();
  const heard: string[] = [];
  const providers = [eventHandler({ subscriber: 'worker' }, ([event]) => heard.push(event?.type ?? ''))];
  const worker = await DispatcherInstance.start(database.url, { providers });
  const messages = worker.app.get(EsmsMessages, { strict: false });
  await messages.register({ ref: 'from-a-worker', smsId: 'from-a-worker' });
  await worker.caughtUp('worker');
  expect(heard).toEqual(['message.registered']);
  expect(worker.log.filter((line) => /global guard|publicUrl/.test(line))).toEqual([]);
  await worker.stop();
  await database.drop();
});
