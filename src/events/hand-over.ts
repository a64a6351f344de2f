import { Logger } from '@nestjs/common';
import type { BackgroundWork } from '../database/background-work.js';
import type { DispatcherOptions } from '../config/options.js';
import type { ClaimedDelivery, DeliveryClaims, HeldDeliveries } from './delivery-claims.js';
import type { DeliveryCompletion } from './delivery-completion.js';
import type { DeliverySettler } from './delivery-settler.js';
import { FailureLines } from './failure-lines.js';
import { callHandler } from './handler-call.js';
import type { HandlerWork } from './handler-queue.js';
import { OutageError } from './outage.js';
import { OutagePause } from './outage-pause.js';
import { failureText } from './reason-of.js';
import { backoffWithFullJitter, type RetryPolicy } from './retry-policy.js';
import type { SubscriberHandler } from './subscriber.js';

/** Why a delivery is parked whose last attempts nobody told the end of. */
const ENDED = new Error('the processes that had it in hand ended before it was done');
const NO_TIME = new Error('the events before it in its batch took all the time');

/** The statements that a hand-over ends with. */
export interface HandOverStatements {
  claims: DeliveryClaims;
  completion: DeliveryCompletion;
  settler: DeliverySettler;
  /** Told where a statement fails that is tried again. */
  background: BackgroundWork;
}

/** Hands what was claimed over to one handler, and sees to it that each delivery is marked, put off or given back. */
export class HandOver {
  readonly #logger: Logger;
  readonly #pause: OutagePause;
  readonly #givingBack: string;
  readonly #lines: FailureLines;
  readonly #retry: RetryPolicy;
  #marking = 0;

  /** @param marked called when a mark that nobody waited for is there */
  constructor(
    private readonly subscriber: string,
    private readonly handler: SubscriberHandler,
    private readonly statements: HandOverStatements,
    options: Required<DispatcherOptions>,
    private readonly marked: () => void,
  ) {
    this.#logger = new Logger(`EsmsSubscriber ${subscriber}`);
    this.#lines = new FailureLines(subscriber, this.#logger);
    this.#givingBack = `giving back deliveries of ${subscriber} before their lease ends`;
    this.#pause = new OutagePause(options.backoffMs, this.#logger);
    this.#retry = handler.retry ?? backoffWithFullJitter(options);
  }

  /** Whether and how long the handler can deliver nothing. */
  get pause(): Pick<OutagePause, 'isOutage' | 'leftMs'> {
    return this.#pause;
  }

  /** How many calls ended well and are not marked yet. */
  get marking(): number {
    return this.#marking;
  }

  /** Calls the handler with all of it; where that fails, one by one, so that one bad event holds nobody else up. */
  async run(work: HandlerWork): Promise<void> {
    if (!this.#hasTime(work)) return this.release(work);
    const error = await this.#call(work, work.deliveries);
    if (error === null) return;
    if (error instanceof OutageError) return this.release(work);
    if (work.deliveries.length === 1 || !this.#hasTime(work)) await this.#putOff(work, work.deliveries, error);
    else await this.#runEach(work);
  }

  /** Gives back what the handler was not called with. */
  async release({ lease, deliveries }: HandlerWork): Promise<void> {
    await this.#leaveToLease(() => this.statements.claims.release(this.#held(lease, deliveries)));
  }

  /** Parks what had all its attempts, and gives the rest. */
  async parkSpent({ deliveries, ...work }: HandlerWork): Promise<ClaimedDelivery[]> {
    const isSpent = ({ attempts }: ClaimedDelivery): boolean => attempts > this.#retry.maxAttempts;
    for (const each of deliveries.filter(isSpent)) await this.#putOff({ ...work, deliveries: [each] }, [each], ENDED);
    return deliveries.filter((each) => !isSpent(each));
  }

  /** As long as the lease lasts. */
  async #runEach(work: HandlerWork): Promise<void> {
    for (const [index, each] of work.deliveries.entries()) {
      const error = await this.#call(work, [each]);
      if (error instanceof OutageError) return this.release({ ...work, deliveries: work.deliveries.slice(index) });
      if (error !== null) await this.#putOff(work, [each], error);
      if (this.#hasTime(work)) continue;
      const rest = work.deliveries.slice(index + 1);
      if (rest.length > 0) await this.#putOff(work, rest, error ?? NO_TIME);
      return;
    }
  }

  #hasTime({ endsAt }: HandlerWork): boolean {
    return performance.now() + this.handler.timeoutMs <= endsAt;
  }

  /** The mark is waited for by nobody but the stop: the next call need not. */
  async #call({ lease }: HandlerWork, deliveries: readonly ClaimedDelivery[]): Promise<Error | null> {
    const attempt = Math.max(...deliveries.map(({ attempts }) => attempts));
    const held = this.#held(lease, deliveries);
    const events = deliveries.map(({ event }) => event);
    const { error, isMarked } = await callHandler(this.handler, events, attempt, (runner) =>
      this.statements.completion.complete(runner, held),
    );
    if (error === null && !isMarked) void this.#mark(held);
    if (error instanceof OutageError) this.#pause.begin(error);
    else this.#pause.end();
    return error;
  }

  async #mark(held: HeldDeliveries): Promise<void> {
    this.#marking += 1;
    await this.statements.settler.settle(held);
    this.#marking -= 1;
    this.marked();
  }

  async #putOff({ lease }: HandlerWork, deliveries: readonly ClaimedDelivery[], error: Error): Promise<void> {
    const { maxAttempts } = this.#retry;
    const attempts = Math.max(...deliveries.map((each) => each.attempts));
    const terms = { error: failureText(error), waitMs: this.#retry.waitMs(attempts), maxAttempts };
    const isPutOff = await this.#leaveToLease(() =>
      this.statements.claims.putOff(this.#held(lease, deliveries), terms),
    );
    for (const { event, attempts: spent } of deliveries) {
      if (isPutOff && spent >= maxAttempts) this.#lines.parked(event, spent, error);
      else this.#lines.failed(event, spent, maxAttempts, error);
    }
  }

  /** What cannot be given back now comes back when its lease ends. Gives whether it could. */
  #leaveToLease(giveBack: () => Promise<void>): Promise<boolean> {
    return this.statements.background.attempt(this.#givingBack, giveBack);
  }

  #held(lease: string, deliveries: readonly ClaimedDelivery[]): HeldDeliveries {
    return { subscriber: this.subscriber, lease, deliveries };
  }
}
