import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { Database } from '../database/database.js';
import type { HandlerLoop } from './handler-loop.js';
import { HandlerLoops } from './handler-loops.js';
import { SubscriptionKeeper } from './subscription-keeper.js';
import { WakeUp } from './wake-up.js';

/** Runs the handlers of this process, and keeps its subscribers, from start to stop. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #loops: HandlerLoop[] = [];
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly database: Database,
    private readonly handlers: HandlerLoops,
    private readonly wakeUp: WakeUp,
    private readonly keeper: SubscriptionKeeper,
  ) {}

  onApplicationBootstrap(): void {
    const { dispatcher } = this.structure;
    if (dispatcher !== false) this.#loops = this.handlers.make(dispatcher);
    this.keeper.start();
    const wake = (): void => {
      for (const loop of this.#loops) loop.wake();
    };
    this.wakeUp.onHeard(wake);
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
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    await this.keeper.stop();
  }

  async #start(): Promise<void> {
    await this.database.whenReady();
    if (this.#stopping !== null || !this.database.isReady) return;
    for (const loop of this.#loops) loop.start();
  }
}
