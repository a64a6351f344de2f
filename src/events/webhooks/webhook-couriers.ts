import { Inject, Injectable } from '@nestjs/common';
import type { WebhookOptions } from '../../config/options.js';
import { WEBHOOKS } from '../../config/tokens.js';
import type { SubscriberHandler } from '../subscriber.js';
import { WebhookCourier } from './webhook-courier.js';
import { WebhookHealth } from './webhook-health.js';
import type { WebhookKey } from './webhook-key.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhookTable } from './webhook-table.js';

/** How much longer than its call a delivery may take: for what is read before it and written after it. */
const BESIDES_MS = 5_000;
/** Up to how much longer a wait is, so that what failed together does not come back together. */
const JITTER = 0.2;
/** How long one that refuses everything is left alone between two calls. */
const SPARING_MS = 10_000;

/** Makes the handler that each webhook is to the dispatcher. */
@Injectable()
export class WebhookCouriers {
  constructor(
    @Inject(WEBHOOKS) private readonly options: Required<WebhookOptions>,
    private readonly table: WebhookTable,
    private readonly health: WebhookHealth,
    private readonly sender: WebhookSender,
  ) {}

  handlerOf(key: WebhookKey): SubscriberHandler {
    const { timeoutMs, concurrency, retryMs } = this.options;
    const sparingMs = Math.min(SPARING_MS, ...retryMs);
    const courier = new WebhookCourier(key, this.table, this.health, this.sender, sparingMs);
    return {
      // What it gets, the table of subscribers says.
      patterns: ['*'],
      place: `webhook ${key.id}`,
      batch: null,
      concurrency,
      timeoutMs: timeoutMs + BESIDES_MS,
      retry: {
        maxAttempts: retryMs.length + 1,
        waitMs: (attempts) => Math.round((retryMs[attempts - 1] ?? 0) * (1 + Math.random() * JITTER)),
      },
      call: async ([event], { attempt }) => {
        if (event !== undefined) await courier.deliver(event, attempt);
      },
    };
  }
}
