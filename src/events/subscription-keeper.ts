import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { Database } from '../database/database.js';
import type { Subscriber } from './subscriber.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { SubscriberTable } from './subscriber-table.js';
import { type Duty, SubscriptionDuties } from './subscription-duties.js';
import { WakeableSleep } from './wakeable-sleep.js';

const INTERVAL_MS = 5_000;

/** Keeps the table of subscribers true: who hosts what, and what is under way with them. */
@Injectable()
export class SubscriptionKeeper {
  readonly #stopping = new AbortController();
  readonly #sleep = new WakeableSleep();
  readonly #attendanceSleep = new WakeableSleep();
  #hosted: readonly Subscriber[] = [];
  #running: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(STRUCTURE) structure: ResolvedStructure,
    private readonly database: Database,
    private readonly table: SubscriberTable,
    private readonly duties: SubscriptionDuties,
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

  /** What says that this process lives waits for no other work: that may take longer than others wait for the word. */
  start(): void {
    const attend: Duty = ['saying which subscribers are hosted', () => this.table.attend(this.#hosted)];
    this.#running = Promise.all([
      this.#repeat(this.#attendanceSleep, [attend]),
      this.#repeat(this.#sleep, this.duties.all),
    ]);
  }

  /** To be called when no handler of this process runs any more: what it hosted then counts as hosted no longer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#sleep.wake();
    this.#attendanceSleep.wake();
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

  /** Each duty for itself: one that waits in vain must not keep the others from their turn. */
  async #repeat(sleep: WakeableSleep, duties: readonly Duty[]): Promise<void> {
    await this.database.whenReady();
    if (!this.database.isReady) return;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const [what, duty] of duties) {
        if (!signal.aborted) await this.database.background.attempt(what, () => duty(signal));
      }
      await sleep.for(INTERVAL_MS);
    }
  }
}
