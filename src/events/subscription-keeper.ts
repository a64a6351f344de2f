import { Inject, Injectable } from '@nestjs/common';
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
  readonly #stopping = new AbortController();
  readonly #sleep = new WakeableSleep();
  #hosted: readonly Subscriber[] = [];
  #running: Promise<void> = Promise.resolve();
  /** Those whose deliveries may have become unwanted; at first all: a process that was to see to it may have ended before. */
  #narrowed = new Set<string>();
  #sweptAt = Number.NEGATIVE_INFINITY;
  readonly #steps: readonly (readonly [what: string, step: () => Promise<void>])[] = [
    ['saying which subscribers are hosted', () => this.#attend()],
    ['dropping deliveries that nobody wants', () => this.#dropUnwanted()],
    ['replays', () => this.#replay()],
    ['retiring subscribers', () => this.retirement.finish()],
    ['deleting finished deliveries', () => this.#sweep()],
  ];

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
        this.#narrowed = new Set(this.#hosted.map(({ name }) => name));
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
    if (names.length === 0) return;
    await this.database.background.attempt('leaving subscribers', () => this.table.leave(names));
  }

  /** Does now what else would wait for its turn. */
  nudge(): void {
    this.#sleep.wake();
  }

  async #run(): Promise<void> {
    await this.database.whenReady();
    if (!this.database.isReady) return;
    while (!this.#stopping.signal.aborted) {
      // Each for itself: one that waits for a writer in vain must not keep the others from their turn.
      for (const [what, step] of this.#steps) {
        if (!this.#stopping.signal.aborted) await this.database.background.attempt(what, step);
      }
      await this.#sleep.for(INTERVAL_MS);
    }
  }

  async #attend(): Promise<void> {
    for (const name of await this.table.attend(this.#hosted)) this.#narrowed.add(name);
  }

  async #dropUnwanted(): Promise<void> {
    await this.table.dropUnwanted([...this.#narrowed]);
    this.#narrowed.clear();
  }

  async #replay(): Promise<void> {
    if (await this.replay.resume(this.#stopping.signal)) this.outbox.announce();
  }

  async #sweep(): Promise<void> {
    const { dispatcher } = this.structure;
    if (dispatcher === false || performance.now() < this.#sweptAt + RETENTION_EVERY_MS) return;
    this.#sweptAt = performance.now();
    await this.retention.sweep(dispatcher.retentionDays, this.#stopping.signal);
  }
}
