import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { DeliveryClaims } from './delivery-claims.js';
import { Outbox } from './outbox.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { SubscriberLoop } from './subscriber-loop.js';
import { Subscriptions } from './subscriptions.js';

/** Runs one loop for each subscriber of this process, so that none ever waits for another. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsDispatcher');
  #loops: SubscriberLoop[] = [];
  #stopListening: () => void = () => undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly database: Database,
    private readonly claims: DeliveryClaims,
    private readonly registry: SubscriberRegistry,
    private readonly subscriptions: Subscriptions,
    private readonly outbox: Outbox,
  ) {}

  onApplicationBootstrap(): void {
    const { dispatcher } = this.structure;
    if (dispatcher === false) return;
    const subscribers = this.registry.discover();
    this.#loops = subscribers.map((each) => new SubscriberLoop(each, this.claims, this.database, dispatcher));
    this.#stopListening = this.outbox.onAnnounced(() => {
      for (const loop of this.#loops) loop.wake();
    });
    this.#starting = this.#start(() => this.subscriptions.enrol(subscribers));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    await this.#starting;
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  async #start(enrol: () => Promise<void>): Promise<void> {
    await this.database.whenReady();
    if (this.#stopped) return;
    try {
      await enrol();
      for (const loop of this.#loops) loop.start();
    } catch (error) {
      this.#logger.error(`subscribers not started, trying again: ${(error as Error).message}`);
      setTimeout(() => {
        if (!this.#stopped) this.#starting = this.#start(enrol);
      }, 1_000).unref();
    }
  }
}
