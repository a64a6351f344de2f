import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { DispatchLoops } from './dispatch-loops.js';
import { SubscriptionKeeper } from './subscription-keeper.js';

/** Runs the readers and handlers of this process, and keeps its subscribers, from start to stop. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly database: Database,
    private readonly loops: DispatchLoops,
    private readonly keeper: SubscriptionKeeper,
  ) {}

  onApplicationBootstrap(): void {
    const { dispatcher } = this.structure;
    if (dispatcher !== false) this.loops.make(dispatcher);
    this.keeper.start();
    this.#starting = this.#start();
  }

  /** Nest calls this as often as the application is closed. */
  beforeApplicationShutdown(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // Only a start that is under way is waited for: one that waits for the database itself would wait for ever.
    if (this.database.isReady) await this.#starting;
    await this.loops.stop();
    await this.keeper.stop();
  }

  async #start(): Promise<void> {
    await this.database.whenReady();
    if (this.#stopping !== null || !this.database.isReady) return;
    this.loops.start();
  }
}
