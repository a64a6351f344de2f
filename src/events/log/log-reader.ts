import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DispatcherOptions } from '../../config/options.js';
import { forLog } from '../../domain/hidden-text.js';
import { faultPoint } from '../../telemetry/fault-point.js';
import { FailureLines } from '../failure-lines.js';
import { OutageError } from '../outage.js';
import { OutagePause } from '../outage-pause.js';
import { backoffWithFullJitter } from '../retry-policy.js';
import { isLeaseLost } from './cursor-table.js';
import type { EventLog } from './event-log.js';
import type { LogPlace, Stretch } from './log-place.js';
import { joined } from './positions.js';
import { ReaderBatch, type ReaderStatements, type ReaderTask } from './reader-batch.js';

/** How many times a lease is prolonged before it would end. */
const RENEWALS = 3;

/**
 * Reads the log for one subscriber, in one process of all at a time: whichever has the lease of its cursor. No reader
 * waits for another.
 */
export class LogReader {
  readonly #logger: Logger;
  readonly #lines: FailureLines;
  readonly #reading: string;
  readonly #pause: OutagePause;
  #isStopping = false;
  /** Ends every wait. */
  #waking = new AbortController();
  #running: Promise<void> | null = null;
  #lease: string | null = null;
  #keptAt = 0;
  #askedAt = 0;

  /** @param heldBack called when deliveries were made of what could not be handed over */
  constructor(
    private readonly task: ReaderTask,
    private readonly log: EventLog,
    private readonly statements: ReaderStatements,
    private readonly options: Required<DispatcherOptions>,
    private readonly heldBack: () => void = () => undefined,
  ) {
    this.#logger = new Logger(`EsmsSubscriber ${task.subscriber}`);
    this.#lines = new FailureLines(task.subscriber, this.#logger);
    this.#reading = `reading events for ${task.subscriber}`;
    this.#pause = new OutagePause(options.backoffMs, this.#logger);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Its cursor may have been moved, or may be free by now. */
  look(): void {
    this.#keptAt = -Infinity;
    this.#waking.abort();
    if (!this.#isStopping) this.#waking = new AbortController();
  }

  /** Resolves when what is in hand is done, and the cursor is free for others. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#waking.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        if (!(await this.#rests())) await this.#own();
      } catch (error) {
        if (!isLeaseLost(error)) this.statements.background.failed(this.#reading, error);
      }
      await this.#wait(this.options.pollMs);
    }
  }

  /** As long as the cursor is this process's. */
  async #own(): Promise<void> {
    const { cursors } = this.statements;
    const { leaseMs } = this.options;
    const owned = await cursors.acquire(this.task.subscriber, leaseMs, this.#lease);
    if (owned === null) return;
    this.#lease = owned.lease;
    this.#keptAt = performance.now();
    await faultPoint('cursor_after_lease');
    const batch = new ReaderBatch(this.task, this.statements, {
      retry: backoffWithFullJitter(this.options),
      leaseMs,
      owned,
      lines: this.#lines,
      heldBack: this.heldBack,
    });
    const place = this.log.open(owned.cursor, this.task.types);
    try {
      await this.#read(batch, place);
    } finally {
      this.log.close(place);
    }
  }

  async #read(batch: ReaderBatch, place: LogPlace): Promise<void> {
    let at = batch.owned.cursor;
    // Where that cannot be asked, the read says why.
    while (!this.#isStopping && !(await this.#rests(this.#renewEveryMs).catch(() => false))) {
      const stretch = await this.#attempt(() => place.next(this.#renewEveryMs, this.#waking.signal));
      if (stretch == null) {
        await this.#keep(batch, at);
        continue;
      }
      at = joined(at, stretch.after);
      if (stretch.entries.length > 0 && !(await this.#handOver(batch, stretch))) return;
      await this.#keep(batch, at);
    }
    await this.statements.cursors.release(batch.owned, joined(batch.owned.cursor, at));
    this.#lease = null;
  }

  /** Asks no more often than every `everyMs`. */
  async #rests(everyMs = 0): Promise<boolean> {
    if (this.task.rests === undefined || performance.now() < this.#askedAt + everyMs) return false;
    this.#askedAt = performance.now();
    return this.task.rests();
  }

  /** Until it is done; whether it was before the stop. */
  async #handOver(batch: ReaderBatch, stretch: Stretch): Promise<boolean> {
    while (!this.#isStopping) {
      await faultPoint('log_after_read');
      const isDone = await this.#attempt(async () => {
        await batch.run(stretch);
        this.#keptAt = performance.now();
        return true;
      });
      if (isDone) {
        await faultPoint('advance_after_commit');
        return true;
      }
      await this.#keep(batch, batch.owned.cursor);
    }
    await this.statements.cursors.release(batch.owned, batch.owned.cursor);
    this.#lease = null;
    return false;
  }

  /** Prolongs the lease when it is time to, with the place that was reached without anything to do. */
  async #keep(batch: ReaderBatch, at: ReaderBatch['owned']['cursor']): Promise<void> {
    if (performance.now() < this.#keptAt + this.#renewEveryMs) return;
    this.#keptAt = performance.now();
    try {
      await batch.move(joined(batch.owned.cursor, at));
    } catch (error) {
      if (isLeaseLost(error)) throw error;
      this.#logger.debug(`lease not prolonged: ${forLog((error as Error).message)}`);
    }
  }

  /** Resolves with null, after a pause, where nothing can be done for now. Rejects with `lease_lost`. */
  async #attempt<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      const result = await work();
      this.#pause.end();
      this.statements.background.worked(this.#reading);
      return result;
    } catch (error) {
      if (isLeaseLost(error)) throw error;
      const isOutage = error instanceof OutageError;
      if (!isOutage) this.statements.background.failed(this.#reading, error);
      this.#pause.begin(isOutage ? error : { message: '', isTold: true });
      await this.#wait(this.#pause.leftMs);
      return null;
    }
  }

  get #renewEveryMs(): number {
    return this.options.leaseMs / RENEWALS;
  }

  async #wait(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.#waking.signal }).catch(() => undefined);
  }
}
