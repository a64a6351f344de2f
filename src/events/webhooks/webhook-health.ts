import { Inject, Injectable, Logger } from '@nestjs/common';
import type { WebhookOptions } from '../../config/options.js';
import { WEBHOOKS } from '../../config/tokens.js';
import { Database } from '../../database/database.js';
import { rowsOf } from '../../database/sql-runner.js';
import { subscriberOf, type WebhookKey } from './webhook-key.js';

/** Since when a webhook fails, and what follows from it. */
@Injectable()
export class WebhookHealth {
  readonly #logger = new Logger('EsmsWebhooks');
  readonly #begin: string;
  readonly #end: string;
  readonly #disable: string;
  readonly #hasten: string;

  constructor(
    private readonly database: Database,
    @Inject(WEBHOOKS) private readonly options: Required<WebhookOptions>,
  ) {
    const { webhooks, subscribers, deliveries } = database.tables;
    this.#begin = `update ${webhooks} set failing_since = now() where account = $1 and id = $2 and failing_since is null`;
    this.#end = `
      with failing as (
        select account, id, failing_since from ${webhooks} where account = $1 and id = $2 for update
      ), ended as (
        update ${webhooks} w set failing_since = null from failing where w.account = failing.account and w.id = failing.id
      )
      select failing_since < now() - $3 * interval '1 millisecond' as "wasLong" from failing`;
    this.#disable = `
      with disabled as (
        update ${webhooks} w set notice = $3 where w.account = $1 and w.id = $2
          and ($4::boolean or w.failing_since < now() - $5 * interval '1 hour')
          and exists (select from ${subscribers} s where s.name = $6 and not s.paused)
        returning w.id
      ), paused as (update ${subscribers} s set paused = true from disabled where s.name = $6)
      select id from disabled`;
    this.#hasten = `
      update ${deliveries} set due_at = now() where ctid = any(array(
        select ctid from ${deliveries}
        where subscriber = $1 and settled_at is null and parked_at is null and due_at > now()
        for update skip locked))`;
  }

  /** It was called in vain: disables it where that has gone on for too long, or where it said that it is gone. */
  async failed(key: WebhookKey, { error, isGone }: { error: string; isGone: boolean }): Promise<void> {
    const { account, id } = key;
    const hours = this.options.disableAfterHours;
    const notice = isGone
      ? 'disabled: it answered 410 Gone'
      : `disabled after ${hours} hours without a success: ${error}`;
    await this.database.query(this.#begin, [account, id]);
    const parameters = [account, id, notice, isGone, hours, subscriberOf(key)];
    const disabled = await rowsOf(this.database, this.#disable, parameters);
    if (disabled.length > 0) this.#logger.error(`webhook ${id} of account ${account} ${notice}`);
  }

  /**
   * It works again: what waits for its next attempt need not wait any longer. Not after a short failure, which may well
   * have been that of one event: each success of another would take one more of its attempts.
   */
  async recovered(key: WebhookKey): Promise<void> {
    const longMs = this.options.retryMs[1] ?? 0;
    const parameters = [key.account, key.id, longMs];
    const [failing] = await rowsOf<{ wasLong: boolean | null }>(this.database, this.#end, parameters);
    if (failing?.wasLong) await this.database.query(this.#hasten, [subscriberOf(key)]);
  }
}
