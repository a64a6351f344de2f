import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { DispatcherOptions } from '../config/options.js';
import type { Database } from '../database/database.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { faultPoint } from '../telemetry/fault-point.js';
import type { ClaimedDelivery, DeliveryClaims } from './delivery-claims.js';
import type { EsmsDelivery } from './esms-delivery.js';
import { countMatches, type Subscriber, type SubscriberHandler } from './subscriber.js';

const LONGEST_BACKOFF_MS = 60_000;
const SINGLES_A_CLAIM = 50;

/** Claims the deliveries of one subscriber and hands them to its handlers, until stopped. */
export class SubscriberLoop {
  readonly #logger: Logger;
  #running: Promise<void> | null = null;
  #stopping = false;
  #woken = false;
  #wakeUp: () => void = () => undefined;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly claims: DeliveryClaims,
    private readonly database: Database,
    private readonly options: Required<DispatcherOptions>,
  ) {
    this.#logger = new Logger(`EsmsSubscriber ${subscriber.name}`);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken = true;
    this.#wakeUp();
  }

  /** Ends after what is in hand is finished. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      const worked = await this.#round();
      if (!worked && !this.#woken && !this.#stopping) await this.#pause();
    }
  }

  /** Whether there was anything to do. */
  async #round(): Promise<boolean> {
    const lease = randomUUID();
    const { leaseMs } = this.options;
    try {
      const claimed = await this.claims.claim(this.database.dataSource, {
        subscriber: this.subscriber.name,
        limit: Math.max(SINGLES_A_CLAIM, ...this.subscriber.handlers.map(({ batch }) => batch ?? 0)),
        lease,
        leaseMs,
      });
      if (claimed.length > 0) await faultPoint('claim_after_lease');
      await Promise.all(this.subscriber.handlers.map((handler) => this.#hand(handler, lease, claimed)));
      return claimed.length > 0;
    } catch (error) {
      this.#logger.warn(`claim failed, trying again: ${(error as Error).message}`);
      return false;
    }
  }

  async #hand(handler: SubscriberHandler, lease: string, claimed: readonly ClaimedDelivery[]): Promise<void> {
    const own = claimed.filter(({ event }) => countMatches(handler, event.type) > 0);
    const size = handler.batch ?? 1;
    const calls = Array.from({ length: Math.ceil(own.length / size) }, (_, index) =>
      own.slice(index * size, (index + 1) * size),
    );
    const queue = calls.values();
    await Promise.all(
      Array.from({ length: handler.concurrency }, async () => {
        for (const call of queue) await this.#deliver(handler, lease, call);
      }),
    );
  }

  /** A batch that fails is handed over again one by one, so that one bad event holds nobody else up. */
  async #deliver(handler: SubscriberHandler, lease: string, deliveries: readonly ClaimedDelivery[]): Promise<void> {
    const error = await this.#attempt(handler, lease, deliveries);
    if (error === null) return;
    if (deliveries.length > 1) {
      for (const each of deliveries) await this.#deliver(handler, lease, [each]);
      return;
    }
    await this.#putOff(lease, deliveries, error);
  }

  async #attempt(
    handler: SubscriberHandler,
    lease: string,
    deliveries: readonly ClaimedDelivery[],
  ): Promise<Error | null> {
    const events = deliveries.map(({ event }) => event);
    const settle = (runner: Parameters<EsmsDelivery['complete']>[0]) =>
      this.claims.settle(runner, this.subscriber.name, lease, events);
    let completed = false;
    const delivery: EsmsDelivery = {
      attempt: Math.max(...deliveries.map(({ attempts }) => attempts)),
      complete: async (runner) => {
        await settle(runner);
        completed = true;
      },
    };
    try {
      await handler.call(events, delivery);
      if (!completed) await settle(this.database.dataSource);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  async #putOff(lease: string, deliveries: readonly ClaimedDelivery[], error: Error): Promise<void> {
    const { maxAttempts, backoffMs } = this.options;
    const attempts = Math.max(...deliveries.map((each) => each.attempts));
    const ceiling = Math.min(backoffMs * 2 ** (attempts - 1), LONGEST_BACKOFF_MS);
    const events: EsmsEvent[] = deliveries.map(({ event }) => event);
    this.#logger.warn(`${events[0]?.type} of ${events[0]?.id} failed, attempt ${attempts}: ${error.message}`);
    await this.claims.putOff(this.database.dataSource, this.subscriber.name, lease, events, {
      error: (error.stack ?? error.message).slice(0, 2_000).replaceAll('\0', '\uFFFD'),
      waitMs: Math.round(Math.random() * ceiling),
      maxAttempts,
    });
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.options.pollMs);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeUp = () => undefined;
  }
}
