import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { DispatcherOptions, ResolvedStructure } from '../../config/options.js';
import { STRUCTURE } from '../../config/tokens.js';
import { Database } from '../../database/database.js';
import { WakeUp } from '../wake-up.js';
import { WakeableSleep } from '../wakeable-sleep.js';
import { WebhookUpkeep } from './webhook-upkeep.js';
import { WebhookWatch } from './webhook-watch.js';

/** Between two looks for what is due. */
const LOOK_INTERVAL_MS = 50;
/** Or so many times as long as a look took, where much waits for its next attempt. */
const REST_FACTOR = 4;

/** Has every webhook there is served by this process too, from start to stop. */
@Injectable()
export class WebhookDispatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopping = new AbortController();
  readonly #sleep = new WakeableSleep();
  #running: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;
  #restMs = LOOK_INTERVAL_MS;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly database: Database,
    private readonly wakeUp: WakeUp,
    private readonly watch: WebhookWatch,
    private readonly upkeep: WebhookUpkeep,
  ) {}

  onApplicationBootstrap(): void {
    const { dispatcher } = this.structure;
    if (dispatcher === false) return;
    this.wakeUp.on('deliveries', () => this.#sleep.wake());
    this.watch.onWanted(() => this.#sleep.wake());
    this.#running = this.#run(dispatcher);
  }

  /** Nest calls this as often as the application is closed. */
  beforeApplicationShutdown(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    this.#sleep.wake();
    await this.database.whenReady();
    if (!this.database.isReady) return;
    await this.#running;
    await this.watch.stop();
    await this.database.background.attempt('leaving webhooks', () => this.upkeep.leave());
  }

  async #run(options: Required<DispatcherOptions>): Promise<void> {
    const { signal } = this.#stopping;
    await this.database.whenReady();
    if (!this.database.isReady) return;
    while (!signal.aborted) {
      await this.database.background.attempt('looking after webhooks', () => this.#round(options));
      await this.#sleep.for(options.pollMs);
      await pause(this.#restMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #round(options: Required<DispatcherOptions>): Promise<void> {
    const startedAt = performance.now();
    const names = await this.watch.look(options);
    const tookMs = performance.now() - startedAt;
    this.#restMs = Math.min(Math.max(tookMs * REST_FACTOR, LOOK_INTERVAL_MS), options.pollMs);
    await this.upkeep.round(names);
  }
}
