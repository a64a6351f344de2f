import { Injectable } from '@nestjs/common';
import { type Claim, type ClaimRequest, DeliveryClaims } from '../delivery-claims.js';

/**
 * The claims of webhooks. There may be many of them, and most claims would find nothing, so only those are made for
 * which one look at all of them has found something; and one at a time, so that marks never wait behind a crowd of them.
 */
@Injectable()
export class WebhookClaims extends DeliveryClaims {
  readonly #due = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #last: Promise<unknown> = Promise.resolve();

  /** Calls `listener` when a look may find something: there is room for more. */
  onWanted(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** These have something to claim. */
  offer(subscribers: readonly string[]): void {
    for (const subscriber of subscribers) this.#due.add(subscriber);
  }

  override async claim(request: ClaimRequest): Promise<Claim | null> {
    const { subscriber, limit } = request;
    if (!this.#due.delete(subscriber)) {
      for (const listener of this.#listeners) listener();
      return null;
    }
    const claim = this.#last.then(() => super.claim(request));
    this.#last = claim.catch(() => undefined);
    const claimed = await claim;
    const mayHaveMore = claimed !== null && (claimed.deliveries.length === limit || claimed.reached !== null);
    if (mayHaveMore) this.#due.add(subscriber);
    return claimed;
  }
}
