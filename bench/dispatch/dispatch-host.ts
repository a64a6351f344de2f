import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { Database } from '../../src/database/database.js';
import { SystemClock } from '../../src/domain/clock.js';
import { type EsmsEvent, EsmsModule, EsmsSubscriptions, OnEsmsEvent } from '../../src/index.js';
import { TOKEN } from '../contenders/callback-route.js';
import { Callbacks } from '../load/callbacks.js';

/** Subscribers of a {@link DispatchHost}: each gets every event, alone or `batch` at a time. */
export interface Subscribers {
  count: number;
  batch: number | null;
  handle: (events: readonly EsmsEvent[]) => void;
}

const AT_ONCE = 256;

/** A company's worker without HTTP: our module, and subscribers that do next to nothing. */
export class DispatchHost {
  readonly #callbacks = new Callbacks(0);
  readonly #clock = new SystemClock();

  private constructor(
    readonly app: INestApplicationContext,
    private readonly names: readonly string[],
  ) {}

  static async start(databaseUrl: string, { count, batch, handle }: Subscribers): Promise<DispatchHost> {
    const names = Array.from({ length: count }, (_, index) => `bench_${index}`);
    const accounts = { default: { tokens: [TOKEN] } };
    const esms = EsmsModule.forRoot({
      accounts,
      database: { url: databaseUrl },
      spool: false,
      billing: false,
      crm: false,
    });
    @Module({ imports: [esms], providers: names.map((name) => subscriberProvider(name, batch, handle)) })
    class Host {}
    const app = await NestFactory.createApplicationContext(Host, { logger: ['error', 'fatal'] });
    await app.get(Database, { strict: false }).whenReady();
    return new DispatchHost(app, names);
  }

  /** Takes callbacks as if they had come over HTTP, many at once; each raises two events. */
  async receive(callbacks: number): Promise<void> {
    let left = callbacks;
    const sender = async (): Promise<void> => {
      while (left-- > 0) await this.receiveOne();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  }

  async receiveOne(): Promise<void> {
    const { text } = this.#callbacks.next();
    const query = Buffer.from(text.slice(text.indexOf('?') + 1, text.indexOf(' HTTP/')), 'latin1');
    const keeper = this.app.get(CallbackKeeper, { strict: false });
    await keeper.keep({ account: 'default', query, receivedAt: this.#clock.now() });
  }

  async pause(): Promise<void> {
    for (const name of this.names) await this.#subscriptions.pause(name);
  }

  async resume(): Promise<void> {
    for (const name of this.names) await this.#subscriptions.resume(name);
  }

  close(): Promise<void> {
    return this.app.close();
  }

  get #subscriptions(): EsmsSubscriptions {
    return this.app.get(EsmsSubscriptions, { strict: false });
  }
}

function subscriberProvider(subscriber: string, batch: number | null, handle: Subscribers['handle']) {
  class Single {
    @OnEsmsEvent('message.*', { subscriber })
    async take(event: EsmsEvent): Promise<void> {
      handle([event]);
    }
  }
  class Batched {
    @OnEsmsEvent('message.*', { subscriber, batch: batch ?? 1 })
    async take(events: EsmsEvent[]): Promise<void> {
      handle(events);
    }
  }
  return { provide: subscriber, useClass: batch === null ? Single : Batched };
}
