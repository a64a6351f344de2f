import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { callerOf } from '../access/caller.js';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { EsmsError } from '../domain/errors.js';

/** How many requests of a key may wait for their turn in a process; a client that keeps to its pool never has as many. */
const MOST_WAITING = 200;

/** Billing, contacts, other keys: what else takes the connections that the API works with. */
const SHARE_OF_KEY = 2 / 3;

interface Lane {
  running: number;
  waiting: (() => void)[];
}

/**
 * The part of this process's work connections that one API key may hold: a key whose questions take long (a summary of
 * years) would else hold them all, and registrations, ledger and contacts would stand still. What comes beyond waits in
 * its own lane.
 */
@Injectable()
export class KeyShare {
  readonly #most: number;
  readonly #lanes = new Map<string, Lane>();

  constructor(@Inject(OPTIONS) { database: { workConnections } }: ResolvedOptions) {
    this.#most = Math.max(1, Math.floor(workConnections * SHARE_OF_KEY));
  }

  /** Runs `work` in its turn; at once where there is no key. Throws `rate_limited` where too much waits already. */
  async run<Result>(key: string | undefined, work: () => Promise<Result>): Promise<Result> {
    if (key === undefined) return work();
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    await this.#turn(lane);
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      // The turn goes over to the next, so the count stays.
      if (next === undefined) lane.running -= 1;
      else next();
      if (lane.running === 0) this.#lanes.delete(key);
    }
  }

  async #turn(lane: Lane): Promise<void> {
    if (lane.running < this.#most) {
      lane.running += 1;
      return;
    }
    if (lane.waiting.length >= MOST_WAITING) {
      const refusal = `an API key may have ${MOST_WAITING} requests waiting: send the next when one was answered`;
      throw new EsmsError('rate_limited', refusal, { retryAfterSeconds: 1 });
    }
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
  }
}

/** Has a route's handler run in the share of the caller's key; below `EsmsErrorInterceptor`, which shapes its refusal. */
@Injectable()
export class KeyShareInterceptor implements NestInterceptor {
  constructor(private readonly share: KeyShare) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { key } = callerOf(context.switchToHttp().getRequest<object>());
    return from(this.share.run(key, () => lastValueFrom(next.handle())));
  }
}
