import type { BackgroundWork } from '../../database/background-work.js';
import type { SqlRunner } from '../../database/sql-runner.js';
import type { EventType } from '../../domain/domain-event.js';
import { faultPoint } from '../../telemetry/fault-point.js';
import type { DispatchPool } from '../dispatch-pool.js';
import type { FailureLines } from '../failure-lines.js';
import { OutageError } from '../outage.js';
import { failureText } from '../reason-of.js';
import type { RetryPolicy } from '../retry-policy.js';
import { type CursorTable, isLeaseLost, type OwnedCursor } from './cursor-table.js';
import type { HeldBack, HeldBackEvent } from './held-back.js';
import type { LogEntry } from './log-entry.js';
import { type Cursor, isPending, joined, upTo } from './positions.js';
import type { Stretch } from './log-place.js';

/** One that reads the log. */
export interface ReaderTask {
  /** Its cursor is kept under this name. */
  readonly subscriber: string;
  /** The events it gets. */
  readonly types: readonly EventType[];
  /**
   * Does what is to be done for events, of which several may be of one message. `complete` moves the cursor past them in
   * the transaction of the effect. Rejects with an `OutageError` where nothing can be done for now.
   */
  deliver(entries: readonly LogEntry[], complete: (runner: SqlRunner) => Promise<void>): Promise<void>;
  /** Whether nobody needs it to read for now. @default it always reads */
  rests?(): Promise<boolean>;
}

/** The statements of readers. */
export interface ReaderStatements {
  cursors: CursorTable;
  heldBack: HeldBack;
  pool: DispatchPool;
  /** Told where a statement fails that is tried again. */
  background: BackgroundWork;
}

/** Under what one process reads for a while. */
interface ReaderTerms {
  retry: RetryPolicy;
  leaseMs: number;
  owned: OwnedCursor;
  /** Told what could not be handed over. */
  lines: FailureLines;
  /** Called when deliveries were made of what could not be handed over. */
  heldBack: () => void;
}

/** A cursor that one process owns, and how what comes behind it is handed over. */
export class ReaderBatch {
  #owned: OwnedCursor;
  /** The messages of which something is held back, of those in the stretch under way. */
  #held = new Set<string>();
  #mayHold = true;

  constructor(
    private readonly task: ReaderTask,
    private readonly statements: ReaderStatements,
    private readonly terms: ReaderTerms,
  ) {
    this.#owned = terms.owned;
  }

  get owned(): OwnedCursor {
    return this.#owned;
  }

  /**
   * Hands a stretch over; after an error, the rest of it can be handed over again. What fails by itself is held back, in
   * the commit that moves the cursor past it, and so are the later events of its message. Rejects with `lease_lost`,
   * with an `OutageError`, and with what the database rejects with.
   */
  async run({ entries, after }: Stretch): Promise<void> {
    const left = entries.filter(({ position }) => isPending(this.#owned.cursor, position));
    this.#held = await this.#findHeld(left);
    await this.#handOver(left, after);
  }

  /** Moves the cursor past what needs no handling, and prolongs its lease. Rejects as {@link run} does. */
  move(to: Cursor, held: readonly HeldBackEvent[] = []): Promise<void> {
    return this.statements.pool
      .transaction((runner) => this.#advance(runner, this.#owned, to, held))
      .then((owned) => this.#moved(owned, held));
  }

  async #findHeld(entries: readonly LogEntry[]): Promise<Set<string>> {
    if (!this.#mayHold || entries.length === 0) return new Set();
    const { messages, areAny } = await this.statements.heldBack.find(this.task.subscriber, entries);
    this.#mayHold = areAny;
    return messages;
  }

  async #handOver(entries: readonly LogEntry[], after: Cursor): Promise<void> {
    const isHeld = ({ message, sequence }: LogEntry): boolean => sequence > 0 && this.#held.has(message);
    const free = entries.filter((entry) => !isHeld(entry));
    const behind = entries.filter(isHeld).map((entry) => ({ entry, failure: null }));
    const [first] = free;
    if (first === undefined) return this.move(after, behind);
    const error = await this.#deliver(free, after, behind);
    if (error === null) return;
    if (free.length === 1) return this.#holdBack(first, error, after, behind);
    // Failing calls move nothing: without this the lease may end before the bad one is found, in every process anew.
    await this.move(this.#owned.cursor);
    // By halves: what is bad is found among a thousand in some twenty calls, and each half that is good is kept.
    const last = (free[(free.length >> 1) - 1] as LogEntry).position;
    const middle = joined(this.#owned.cursor, upTo(after, last));
    await this.#handOver(
      entries.filter(({ position }) => position <= last),
      middle,
    );
    await this.#handOver(
      entries.filter(({ position }) => position > last),
      after,
    );
  }

  /** Resolves with what the events themselves are to blame for. */
  async #deliver(entries: readonly LogEntry[], after: Cursor, behind: readonly HeldBackEvent[]): Promise<Error | null> {
    const moves: OwnedCursor[] = [];
    // A call that outlives its time must not move the cursor from where later calls have brought it.
    const from = this.#owned;
    try {
      await this.task.deliver(entries, async (runner) => {
        moves.push(await this.#advance(runner, from, after, behind));
      });
    } catch (error) {
      if (error instanceof OutageError || isLeaseLost(error)) throw error;
      return error instanceof Error ? error : new Error(String(error));
    }
    const [moved] = moves;
    if (moved === undefined) await this.move(after, behind);
    else this.#moved(moved, behind);
    return null;
  }

  async #holdBack(entry: LogEntry, error: Error, after: Cursor, behind: readonly HeldBackEvent[]): Promise<void> {
    const { retry, lines } = this.terms;
    const { maxAttempts } = retry;
    const failure = { error: failureText(error), waitMs: retry.waitMs(1), isParked: maxAttempts <= 1 };
    this.#held.add(entry.message);
    await this.move(after, [{ entry, failure }, ...behind]);
    if (failure.isParked) lines.parked(entry.event, 1, error);
    else lines.failed(entry.event, 1, maxAttempts, error);
  }

  async #advance(
    runner: SqlRunner,
    from: OwnedCursor,
    to: Cursor,
    held: readonly HeldBackEvent[],
  ): Promise<OwnedCursor> {
    const owned = await this.statements.cursors.advance(runner, from, to, this.terms.leaseMs);
    await this.statements.heldBack.add(runner, this.task.subscriber, held);
    await faultPoint('advance_before_commit');
    return owned;
  }

  #moved(owned: OwnedCursor, held: readonly HeldBackEvent[]): void {
    this.#owned = owned;
    if (held.length === 0) return;
    this.#mayHold = true;
    this.terms.heldBack();
  }
}
