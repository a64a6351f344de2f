import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isLocked } from '../database/is-locked.js';
import { isPermanent } from '../database/is-permanent.js';
import { Outbox } from '../events/outbox.js';
import { MessageStore } from './message-store.js';
import type { ReceivedReport } from './received-report.js';
import { SetAside } from './set-aside.js';
import { messageKey } from './stored-message.js';
import type { Patience, WaitingReport } from './waiting-report.js';
import { WriteProbe } from './write-probe.js';

/** No report can be kept under its message: trying again cannot help. */
export class ReportUnstorable extends Error {
  override readonly name = 'ReportUnstorable';
}

/** Transactions at once: while one waits for the database, the next is prepared. */
const WRITERS = 2;
/** A further one begins only where so many wait: small batches cost twice the processor time of large ones (measured). */
const WORTH_A_WRITER = 32;
const LARGEST_BATCH = 128;
const TRY_FOR_MS = 1_200;
const FIRST_WAIT_MS = 20;
const MOST_SUSPECTS = 1_000;

/**
 * Takes reports and stores them, those in flight together: a lone one at once, and while the writers are busy the next
 * ones gather, so the batch grows with the load and with nothing else. A message that another transaction holds keeps
 * nobody else up: its reports are set aside and tried again later.
 */
@Injectable()
export class Intake {
  #queue: WaitingReport[] = [];
  #writers = 0;
  readonly #setAside = new SetAside((waiting) => this.#enter(waiting));
  /**
   * Keys of messages that made a transaction wait for a lock that could not be seen before. Their reports are tried one by
   * one, beside the writers, so that they cost nobody else a wait.
   */
  readonly #suspects = new Set<string>();
  readonly #apart: WaitingReport[] = [];
  #isTryingApart = false;

  constructor(
    private readonly database: Database,
    private readonly store: MessageStore,
    private readonly outbox: Outbox,
    private readonly writes: WriteProbe,
  ) {}

  /**
   * Ends when the report is committed. Rejects with {@link ReportUnstorable} where it never can be, with `LockedByOthers`
   * where another transaction holds its message, with the database's error where it could not be now.
   */
  accept(received: ReceivedReport, patience?: Patience): Promise<void> {
    return new Promise((resolve, reject) => this.#enter({ received, patience, resolve, reject }));
  }

  /** Whether reports can be written right now. */
  canAccept(): Promise<boolean> {
    return this.writes.canWrite();
  }

  #enter(waiting: WaitingReport): void {
    if (this.#suspects.size > 0 && this.#suspects.has(messageKey(waiting.received.report))) {
      this.#apart.push(waiting);
      void this.#tryApart();
    } else {
      this.#queue.push(waiting);
      this.#beginWriter();
    }
  }

  #beginWriter(): void {
    if (this.#writers < WRITERS && this.#hasEnoughBeside(this.#writers)) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writers += 1;
    while (this.#hasEnoughBeside(this.#writers - 1)) {
      // A turn of the event loop first: callbacks that have arrived by then are stored together.
      await new Promise(setImmediate);
      const batch = this.#take();
      this.#beginWriter();
      await this.#store(batch);
    }
    this.#writers -= 1;
  }

  async #tryApart(): Promise<void> {
    if (this.#isTryingApart) return;
    this.#isTryingApart = true;
    for (let next = this.#apart.shift(); next !== undefined; next = this.#apart.shift()) {
      if (!this.#setAside.refuseLate(next)) await this.#store(stillWanted([next]));
    }
    this.#isTryingApart = false;
  }

  /** Whether enough wait for one more writer. */
  #hasEnoughBeside(writers: number): boolean {
    return this.#queue.length >= (writers === 0 ? 1 : WORTH_A_WRITER);
  }

  /**
   * All that wait, or of many a share: where one writer has nearly all and the next one a few, Node and PostgreSQL wait
   * for each other (some 5 % fewer callbacks, measured).
   */
  #take(): WaitingReport[] {
    const waiting = this.#queue.length;
    const share = waiting >= WRITERS * WORTH_A_WRITER ? Math.ceil(waiting / WRITERS) : waiting;
    const wanted = stillWanted(this.#queue.splice(0, Math.min(share, LARGEST_BATCH)));
    return wanted.length === 0 && this.#queue.length > 0 ? this.#take() : wanted;
  }

  /**
   * A batch with a report that cannot be stored is halved until that one stands alone, but for those that nobody waits
   * for by then: halving may take longer than anybody does.
   */
  async #store(batch: readonly WaitingReport[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      this.#settle(batch, await this.#commit(batch.map(({ received }) => received)));
    } catch (error) {
      if (batch.length > 1 && (await this.#isOfSome(error))) {
        const half = Math.ceil(batch.length / 2);
        await this.#store(stillWanted(batch.slice(0, half)));
        await this.#store(stillWanted(batch.slice(half)));
      } else if (isLocked(error) && (await this.#isOfSome(error))) {
        for (const waiting of batch) this.#suspect(waiting);
      } else {
        const reason = isPermanent(error) ? new ReportUnstorable((error as Error).message, { cause: error }) : error;
        for (const { reject } of batch) reject(reason);
      }
    }
  }

  #settle(batch: readonly WaitingReport[], busy: readonly ReceivedReport[]): void {
    for (const waiting of batch) {
      if (busy.length > 0 && busy.includes(waiting.received)) {
        this.#setAside.put(waiting);
        continue;
      }
      if (this.#suspects.size > 0) this.#suspects.delete(messageKey(waiting.received.report));
      waiting.resolve();
    }
  }

  /** Whether an error may be due to some of a batch, the database being there for others. */
  async #isOfSome(error: unknown): Promise<boolean> {
    if (isLocked(error)) return this.writes.canWrite();
    return isPermanent(error) || this.database.answers();
  }

  #suspect(waiting: WaitingReport): void {
    const [oldest] = this.#suspects;
    if (this.#suspects.size >= MOST_SUSPECTS && oldest !== undefined) this.#suspects.delete(oldest);
    this.#suspects.add(messageKey(waiting.received.report));
    this.#setAside.put(waiting);
  }

  /**
   * Tries the whole transaction again on what passes: what a lost COMMIT stored already is then a copy. Gives the reports
   * whose messages others hold.
   */
  async #commit(received: readonly ReceivedReport[]): Promise<readonly ReceivedReport[]> {
    const end = performance.now() + TRY_FOR_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { events, busy } = await this.database.ingest((transaction) => this.store.apply(transaction, received));
        if (events > 0) this.outbox.announce();
        return busy;
      } catch (error) {
        const wait = Math.random() * FIRST_WAIT_MS * 2 ** attempt;
        const isOver = performance.now() + wait > end;
        // A table that is locked as a whole keeps everybody up; a lock of less is one message's.
        if (isPermanent(error) || isOver || (isLocked(error) && (await this.writes.canWrite()))) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}

function stillWanted(batch: readonly WaitingReport[]): WaitingReport[] {
  for (const { patience, reject } of batch) if (patience?.isOver) reject(new Error('nobody waits for it any more'));
  return batch.filter(({ patience }) => !patience?.isOver);
}
