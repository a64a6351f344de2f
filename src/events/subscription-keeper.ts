import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { DeliveryRetention } from './delivery-retention.js';
import { EventReplay } from './event-replay.js';
import { Outbox } from './outbox.js';
import type { Subscriber } from './subscriber.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { SubscriberRetirement } from './subscriber-retirement.js';
import { SubscriberTable } from './subscriber-table.js';
import { WakeableSleep } from './wakeable-sleep.js';

const INTERVAL_MS = 5_000;
const RETENTION_EVERY_MS = 60_000;

/** Keeps the table of subscribers true: who hosts what, what is replayed or retired, and which rows have had their time. */
@Injectable()
export class SubscriptionKeeper {
  readonly #logger = new Logger('EsmsSubscriptions');
  readonly #stopping = new AbortController();
  readonly #sleep = new WakeableSleep();
  #hosted: readonly Subscriber[] = [];
  #running: Promise<void> = Promise.resolve();
  #isFirstRound = true;
  #sweptAt = 0;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly database: Database,
    private readonly table: SubscriberTable,
    private readonly replay: EventReplay,
    private readonly retirement: SubscriberRetirement,
    private readonly retention: DeliveryRetention,
    private readonly outbox: Outbox,
    registry: SubscriberRegistry,
  ) {
    // Deliveries are made from the table of subscribers: an event before they are in it would reach none of them.
    if (structure.dispatcher !== false) {
      database.beforeReady(async () => {
        this.#hosted = registry.discover();
        await table.enrol(this.#hosted);
      });
    }
  }

  start(): void {
    this.#running = this.#run();
  }

  /** To be called when no handler of this process runs any more: what it hosted, others may then count as wanted by nobody. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#sleep.wake();
    // A start that is under way may have written this process down already; it ends soon, for nothing is tried again.
    await this.database.whenReady();
    if (!this.database.isReady) return;
    await this.#running;
    const names = this.#hosted.map(({ name }) => name);
    if (names.length > 0) await this.#attempt(() => this.table.leave(names));
  }

  /** Does now what else would wait for its turn. */
  nudge(): void {
    this.#sleep.wake();
  }

  async #run(): Promise<void> {
    await this.database.whenReady();
    while (!this.#stopping.signal.aborted) {
      await this.#attempt(() => this.#round());
      await this.#sleep.for(INTERVAL_MS);
    }
  }

  async #round(): Promise<void> {
    const { signal } = this.#stopping;
    const narrowed = await this.table.attend(this.#hosted);
    // The first time for all: a process that was to do it may have ended before.
    await this.table.dropUnwanted(this.#isFirstRound ? this.#hosted.map(({ name }) => name) : narrowed);
    this.#isFirstRound = false;
    if (await this.replay.resume(signal)) this.outbox.announce();
    await this.retirement.finish();
    const { dispatcher } = this.structure;
    if (dispatcher === false || Date.now() < this.#sweptAt + RETENTION_EVERY_MS) return;
    this.#sweptAt = Date.now();
    await this.retention.sweep(dispatcher.retentionDays, signal);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#logger.warn(`subscriptions not kept, trying again: ${(error as Error).message}`);
    }
  }
}
