import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CLOCK } from '../config/tokens.js';
import { Database } from '../database/database.js';
import type { Clock } from '../domain/clock.js';
import { LockedByOthers } from '../messages/locked-by-others.js';
import { Condition } from '../telemetry/condition.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { Readiness } from '../telemetry/readiness.js';
import { Breaker } from './breaker.js';
import { CallbackKeeper, type Kept } from './callback-keeper.js';
import { CallbackSpool } from './callback-spool.js';
import { Deadline } from './deadline.js';
import type { AuthenticatedCallback } from './quarantined-callback.js';

/** Where a callback is stored when it is answered. */
export type Stored = Kept | { spooled: true };

const COMMIT_WITHIN_MS = 1_500;
const HOLD_FOR_MS = 60_000;
const HOLD_PAUSE_MS = 500;
const MOST_HELD = 2_000;

/**
 * The ladder: an authenticated callback is committed, or else spooled to disk, or else held, or else dropped without a
 * status. The gateway repeats a call only when it times out, so an error status is the one answer that loses it.
 */
@Injectable()
export class CallbackReceiver implements OnModuleInit, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsCallbacks');
  readonly #breaker = new Breaker();
  readonly #deadline = new Deadline(COMMIT_WITHIN_MS);
  readonly #holding = new Condition();
  /** Why the database took no callback, the last time that it was asked. */
  #refusal = new Error('the database was not reached yet');
  /** Why a callback was not committed, the last one of which that was so. */
  #reason = this.#refusal;
  #held = 0;
  #stopping = false;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly database: Database,
    private readonly keeper: CallbackKeeper,
    private readonly spool: CallbackSpool,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.add(() => this.#couldCommit());
    // Not before the database was reached once: with a wrong password, say, a rolling deploy would go on to the next.
    this.readiness.add(async () => this.database.isReady && this.spool.canAppend());
  }

  beforeApplicationShutdown(): void {
    this.#stopping = true;
  }

  /** Ends when the callback is stored. Rejects where it is not: it must not be answered then. */
  async receive(account: string, query: Buffer, caller: { hasLeft(): boolean }): Promise<Stored> {
    const callback = { account, query, receivedAt: this.clock.now() };
    await faultPoint('after_verify');
    const stored = (await this.#store(callback)) ?? (await this.#hold(callback, caller));
    await faultPoint('after_commit_before_ack');
    return stored;
  }

  async #store(callback: AuthenticatedCallback): Promise<Stored | null> {
    if (this.database.isReady && this.#breaker.allows()) {
      try {
        const kept = await this.#deadline.within((patience) => this.keeper.keep(callback, patience));
        this.#breaker.succeeded();
        return kept;
      } catch (error) {
        // Its own message is held: that says nothing of the database.
        if (error instanceof LockedByOthers) return this.#spool(callback, error);
        this.#refusal = error as Error;
        // Those that wait since a moment ago would wait in vain as well.
        if (this.#breaker.failed()) this.#deadline.endAll();
      }
    }
    return this.#spool(callback, this.#refusal);
  }

  async #spool(callback: AuthenticatedCallback, reason: Error): Promise<Stored | null> {
    this.#reason = reason;
    return (await this.spool.append(callback, reason)) ? { spooled: true } : null;
  }

  async #hold(callback: AuthenticatedCallback, caller: { hasLeft(): boolean }): Promise<Stored> {
    if (this.#held >= MOST_HELD) throw new Error(`${MOST_HELD} callbacks are held already`);
    this.#held += 1;
    this.#holding.note(() => this.#logger.error(`callbacks are held, unanswered: ${this.#reason.message}`));
    const end = performance.now() + HOLD_FOR_MS;
    try {
      while (performance.now() < end && !caller.hasLeft() && !this.#stopping) {
        await new Promise((resolve) => setTimeout(resolve, HOLD_PAUSE_MS * (1 + Math.random())));
        const stored = await this.#store(callback);
        if (stored !== null) return stored;
      }
      throw new Error('neither database nor spool took it while it was held');
    } finally {
      this.#held -= 1;
      if (this.#held === 0) this.#tellReleased();
    }
  }

  #tellReleased(): void {
    this.#holding.end((seconds, times) =>
      this.#logger.log(`no callback is held any more, after ${seconds} s and ${times} callbacks`),
    );
  }

  /** Whether a callback that comes now would be committed in time. */
  async #couldCommit(): Promise<boolean> {
    if (this.#breaker.isOpen) return false;
    return this.#deadline.within(() => this.keeper.canKeep()).catch(() => false);
  }
}
