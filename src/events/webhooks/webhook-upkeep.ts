import { Injectable } from '@nestjs/common';
import { SubscriberTable } from '../subscriber-table.js';
import { WebhookAttempts } from './webhook-attempts.js';

const HOST_EVERY_MS = 5_000;
const TRIM_EVERY_MS = 60_000;

/** What has to be done for webhooks now and then: being seen as their host, and forgetting old attempts. */
@Injectable()
export class WebhookUpkeep {
  #hosted = new Set<string>();
  #hostedAt = 0;
  #trimmedAt = performance.now();

  constructor(
    private readonly subscribers: SubscriberTable,
    private readonly attempts: WebhookAttempts,
  ) {}

  /** Does what it is time for. */
  async round(names: readonly string[]): Promise<void> {
    const now = performance.now();
    if (now >= this.#hostedAt + HOST_EVERY_MS || names.some((name) => !this.#hosted.has(name))) {
      await this.subscribers.host(names);
      this.#hosted = new Set(names);
      this.#hostedAt = now;
    }
    if (now >= this.#trimmedAt + TRIM_EVERY_MS) {
      this.#trimmedAt = now;
      await this.attempts.trim();
    }
  }

  /** Says that this process hosts none any longer. */
  leave(): Promise<void> {
    return this.subscribers.leave([...this.#hosted]);
  }
}
