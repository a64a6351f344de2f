import { Injectable } from '@nestjs/common';
import type { DispatcherOptions } from '../../config/options.js';
import { Database } from '../../database/database.js';
import { rowsOf } from '../../database/sql-runner.js';
import { DispatchPool } from '../dispatch-pool.js';
import { subscriberOf, type WebhookKey } from './webhook-key.js';
import { WebhookLoops } from './webhook-loops.js';

/** A webhook as the dispatcher looks at it. */
interface WatchedWebhook extends WebhookKey {
  /** Whether it has a delivery that is due and not in hand. */
  isDue: boolean;
}

/** Finds out in one statement which webhooks there are and which have something to do, and has that done. */
@Injectable()
export class WebhookWatch {
  readonly #look: string;

  constructor(
    { tables: { webhooks, deliveries, subscribers } }: Database,
    private readonly pool: DispatchPool,
    private readonly loops: WebhookLoops,
  ) {
    this.#look = `
      select w.account, w.id, not s.paused and s.replay_after is null and exists (
        select from ${deliveries} d
        where d.subscriber = s.name and d.settled_at is null and d.parked_at is null and d.due_at <= now()
          and (d.leased_until is null or d.leased_until <= now())) as "isDue"
      from ${webhooks} w join ${subscribers} s on s.name = 'webhook:' || w.id`;
  }

  /** Calls `listener` when a look may find something to do. */
  onWanted(listener: () => void): void {
    this.loops.onWanted(listener);
  }

  /** Gives the subscribers that are served now. */
  async look(options: Required<DispatcherOptions>): Promise<string[]> {
    const webhooks = await this.pool.transaction((runner) => rowsOf<WatchedWebhook>(runner, this.#look));
    this.loops.keep(webhooks, options);
    this.loops.wake(webhooks.filter(({ isDue }) => isDue).map(subscriberOf));
    return webhooks.map(subscriberOf);
  }

  /** Ends when every call under way has ended. */
  stop(): Promise<void> {
    return this.loops.stop();
  }
}
