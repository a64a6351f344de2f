import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { DispatcherOptions } from '../../config/options.js';
import { DeliveryCompletion } from '../delivery-completion.js';
import { DeliverySettler } from '../delivery-settler.js';
import type { HandOverStatements } from '../hand-over.js';
import { HandlerLoop } from '../handler-loop.js';
import { WebhookClaims } from './webhook-claims.js';
import { WebhookCouriers } from './webhook-couriers.js';
import { subscriberOf, type WebhookKey } from './webhook-key.js';

/** They are woken when something is due; this is for the case that nobody does. */
const POLL_MS = 60_000;

/** A loop for each webhook, so that none ever waits for another. */
@Injectable()
export class WebhookLoops {
  readonly #running = new Map<string, HandlerLoop>();
  readonly #stopping = new Set<Promise<void>>();
  readonly #statements: HandOverStatements;

  constructor(
    private readonly couriers: WebhookCouriers,
    private readonly claims: WebhookClaims,
    completion: DeliveryCompletion,
    settler: DeliverySettler,
    { background }: Database,
  ) {
    this.#statements = { claims, completion, settler, background };
  }

  /** Starts and stops as many as needed for there to be these and no others. */
  keep(keys: readonly WebhookKey[], options: Required<DispatcherOptions>): void {
    const wanted = new Map(keys.map((key) => [subscriberOf(key), key]));
    for (const name of this.#running.keys()) if (!wanted.has(name)) this.#stop(name);
    for (const [name, key] of wanted) {
      if (this.#running.has(name)) continue;
      const loop = new HandlerLoop(name, this.couriers.handlerOf(key), this.#statements, {
        ...options,
        pollMs: POLL_MS,
      });
      this.#running.set(name, loop);
      loop.start();
    }
  }

  /** Calls `listener` when one has room for more. */
  onWanted(listener: () => void): void {
    this.claims.onWanted(listener);
  }

  /** These have something to do. */
  wake(names: readonly string[]): void {
    this.claims.offer(names);
    for (const name of names) this.#running.get(name)?.wake();
  }

  /** Ends when every call under way has ended. */
  async stop(): Promise<void> {
    for (const name of this.#running.keys()) this.#stop(name);
    await Promise.all(this.#stopping);
  }

  /** Nobody waits for a call that takes long. */
  #stop(name: string): void {
    const stopped = this.#running.get(name)?.stop() ?? Promise.resolve();
    this.#running.delete(name);
    this.#stopping.add(stopped);
    void stopped.finally(() => this.#stopping.delete(stopped));
  }
}
