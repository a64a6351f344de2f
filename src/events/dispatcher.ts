import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
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
  #loops: SubscriberLoop[] = [];
  #stopListening: () => void = () => undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly database: Database,
    private readonly claims: DeliveryClaims,
    private readonly registry: SubscriberRegistry,
    subscriptions: Subscriptions,
    private readonly outbox: Outbox,
  ) {
    // Deliveries are made from the table of subscribers: an event before they are in it would reach none of them.
    if (structure.dispatcher !== false) database.beforeReady(() => subscriptions.enrol(registry.discover()));
  }

  onApplicationBootstrap(): void {
    const { dispatcher } = this.structure;
    if (dispatcher === false) return;
    const subscribers = this.registry.discover();
    this.#loops = subscribers.map((each) => new SubscriberLoop(each, this.claims, this.database, dispatcher));
    this.#stopListening = this.outbox.onAnnounced(() => {
      for (const loop of this.#loops) loop.wake();
    });
    this.#starting = this.#start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    // Only a start that is under way is waited for: one that waits for the database itself would wait for ever.
    if (this.database.isReady) await this.#starting;
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  async #start(): Promise<void> {
    await this.database.whenReady();
    if (this.#stopped || !this.database.isReady) return;
    for (const loop of this.#loops) loop.start();
  }
}
