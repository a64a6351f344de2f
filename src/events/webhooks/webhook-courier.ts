import type { EsmsEvent } from '../../domain/domain-event.js';
import { OutageError } from '../outage.js';
import { countMatches } from '../subscriber.js';
import type { WebhookAnswer } from './webhook-client.js';
import type { WebhookHealth } from './webhook-health.js';
import type { WebhookKey } from './webhook-key.js';
import type { WebhookSender } from './webhook-sender.js';
import type { WebhookTable } from './webhook-table.js';

/** After how many failures in a row it is called only now and then. */
const MOST_IN_A_ROW = 10;

/**
 * Brings events to one webhook. Where nobody is there to take them, that is an outage, which takes no attempt from an
 * event; where they are refused, each is tried again on its own. A webhook that refuses everything is spared, and so is
 * the outbox: what waits for its next attempt stays little.
 */
export class WebhookCourier {
  #failures = 0;
  #nextCallAt = 0;

  /** @param sparingMs how long it is left alone between two calls where it refuses everything */
  constructor(
    private readonly key: WebhookKey,
    private readonly table: WebhookTable,
    private readonly health: WebhookHealth,
    private readonly sender: WebhookSender,
    private readonly sparingMs: number,
  ) {}

  /** Throws where the event was not taken. */
  async deliver(event: EsmsEvent, attempt: number): Promise<void> {
    // A version of this library that knows of no accounts here makes deliveries of every account's events.
    if (event.account !== this.key.account) return;
    const target = await this.table.target(this.key);
    if (target?.enabled !== true) throw new OutageError('it is disabled', { isTold: true });
    // It wanted it when the delivery was made, and not any more; those that wait are dropped a moment after that changed.
    if (countMatches({ patterns: target.events }, event.type) === 0) return;
    if (this.#failures >= MOST_IN_A_ROW && performance.now() < this.#nextCallAt) {
      throw new OutageError(`it failed ${this.#failures} times in a row`, { isTold: true });
    }
    this.#nextCallAt = performance.now() + this.sparingMs;
    const answer = await this.sender.send(this.key, target, event, attempt);
    if (isTaken(answer)) {
      this.#failures = 0;
      if (target.isFailing) await this.health.recovered(this.key);
      return;
    }
    if (answer.wasReached) this.#failures += 1;
    const error = answer.error ?? `it answered ${answer.status}`;
    await this.health.failed(this.key, { error, isGone: answer.status === 410 });
    throw answer.wasReached ? new Error(error) : new OutageError(error);
  }
}

/** A redirect is none: it is followed nowhere. */
const isTaken = ({ status }: WebhookAnswer): boolean => status !== null && status >= 200 && status < 300;
