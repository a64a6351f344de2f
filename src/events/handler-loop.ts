import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { DispatcherOptions } from '../config/options.js';
import { groupBy } from '../domain/group-by.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { ClaimCursor } from './claim-cursor.js';
import { HandOver, type HandOverStatements } from './hand-over.js';
import { HandlerQueue, type HandlerWork } from './handler-queue.js';
import { type SubscriberHandler, typesOf } from './subscriber.js';
import { WakeableSleep } from './wakeable-sleep.js';

/** How much longer than its handler's time a lease lasts at least: for the wait before the call, and the end after it. */
const LEASE_FACTOR = 1.5;
/** Claims that found little follow each other no faster, so that under load one brings several events. */
const CLAIM_INTERVAL_MS = 10;
/** How much work may wait in this process: short, since what waits here no other process can take. */
const QUEUED_MS = 250;
const MOST_QUEUED_PER_CALL = 16;

/** Claims what one handler takes and has it called, until stopped. A call that takes long holds up no other one. */
export class HandlerLoop {
  readonly #claims: string;
  readonly #queue: HandlerQueue;
  readonly #handOver: HandOver;
  readonly #cursor = new ClaimCursor();
  /** Of claims that pass over what was tried before, which the others must still find. */
  readonly #freshCursor = new ClaimCursor();
  readonly #sleep = new WakeableSleep();
  readonly #types;
  readonly #batch: number;
  readonly #leaseMs: number;
  #running: Promise<void> | null = null;
  #stopping = false;
  #usualMs = QUEUED_MS;

  constructor(
    private readonly subscriber: string,
    private readonly handler: SubscriberHandler,
    private readonly statements: HandOverStatements,
    private readonly options: Required<DispatcherOptions>,
  ) {
    this.#claims = `claims of ${subscriber}`;
    this.#types = typesOf(handler);
    this.#batch = handler.batch ?? 1;
    this.#queue = new HandlerQueue(handler.concurrency, this.#batch);
    this.#handOver = new HandOver(subscriber, handler, statements, options, () => this.wake());
    this.#leaseMs = Math.max(options.leaseMs, handler.timeoutMs * LEASE_FACTOR);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be something to do. */
  wake(): void {
    this.#sleep.wake();
  }

  /** Ends after the calls under way have ended; what waits for a call is given back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      if (this.#handOver.pause.leftMs > 0) await this.#releaseQueued();
      const limit = this.#room();
      const earliestNext = performance.now() + CLAIM_INTERVAL_MS;
      const isFull = limit === 0 || (await this.#claim(limit));
      this.#startCalls();
      if (isFull && this.#room() > 0) continue;
      await this.#sleep.for(Math.min(this.#handOver.pause.leftMs || Infinity, this.options.pollMs));
      const early = earliestNext - performance.now();
      if (!isFull && early > 0) await setTimeout(early);
    }
    await this.#releaseQueued();
    while (this.#queue.running + this.#handOver.marking > 0) await this.#sleep.for(this.options.pollMs);
  }

  /** Gives back what waits for a call, a claim's worth at a time. */
  async #releaseQueued(): Promise<void> {
    for (const works of groupBy(this.#queue.clear(), ({ lease }) => lease).values()) {
      const [first] = works as [HandlerWork];
      await this.#handOver.release({ ...first, deliveries: works.flatMap(({ deliveries }) => deliveries) });
    }
  }

  /** For how many events there is room: one call's worth each, and of quick single calls some more. */
  #room(): number {
    const { isOutage, leftMs } = this.#handOver.pause;
    if (leftMs > 0) return 0;
    // Whether an outage is over, one call finds out as well as many.
    if (isOutage) return this.#queue.isEmpty ? this.#batch : 0;
    const { concurrency, batch } = this.handler;
    const perCall = batch === null ? Math.floor(QUEUED_MS / this.#usualMs) : 1;
    const most = concurrency * Math.min(Math.max(perCall, 1), MOST_QUEUED_PER_CALL);
    const size = this.#queue.size + this.#handOver.marking;
    // While every call is busy and some wait, a claim for a few more would cost as much as one for many.
    if (this.#queue.running >= concurrency && size > most / 2) return 0;
    return Math.max(most - size, 0) * this.#batch;
  }

  /** Gives whether there may be more to claim. */
  async #claim(limit: number): Promise<boolean> {
    const { subscriber } = this;
    const lease = randomUUID();
    const endsAt = performance.now() + this.#leaseMs;
    const freshOnly = this.#queue.hasRetriesEnough;
    const cursor = freshOnly ? this.#freshCursor : this.#cursor;
    const after = cursor.next();
    try {
      const wanted = { subscriber, types: this.#types, limit, freshOnly, lease, leaseMs: this.#leaseMs, after };
      const claim = await this.statements.claims.claim(wanted);
      this.statements.background.worked(this.#claims);
      if (claim === null) return false;
      const { deliveries, reached } = claim;
      if (deliveries.length > 0) await faultPoint('claim_after_lease');
      this.#queue.add(await this.#handOver.parkSpent({ deliveries, lease, endsAt }), { lease, endsAt });
      const isFull = deliveries.length === limit;
      const taken = deliveries[0]?.position ?? null;
      cursor.looked({ reached, taken, isEnd: !isFull && reached === null });
      return isFull || reached !== null;
    } catch (error) {
      this.statements.background.failed(this.#claims, error);
      return false;
    }
  }

  #startCalls(): void {
    if (this.#handOver.pause.leftMs > 0) return;
    const done = (): void => {
      if (!this.#stopping) this.#startCalls();
      this.wake();
    };
    this.#queue.start((work) => this.#call(work), done);
  }

  async #call(work: HandlerWork): Promise<void> {
    const startedAt = performance.now();
    await this.#handOver.run(work);
    this.#usualMs = (this.#usualMs * 7 + Math.max(performance.now() - startedAt, 1)) / 8;
  }
}
