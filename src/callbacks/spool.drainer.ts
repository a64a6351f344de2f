import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isPassing } from '../database/is-passing.js';
import type { Patience } from '../messages/waiting-report.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { CallbackKeeper } from './callback-keeper.js';
import { CallbackSpool } from './callback-spool.js';
import { QuarantineStore } from './quarantine.store.js';
import type { SpooledCallback } from './spooled-callback.js';

const INTERVAL_MS = 500;
const AT_ONCE = 256;
/** What is held longer comes again with the next drain; the others of its segment are not to wait for it. */
const LOCK_MS = 20;
const LONGEST_REST_MS = 8_000;
const REFUSALS_BEFORE_SETTING_ASIDE = 3;

/** A callback that was not committed, and why. */
interface Refused {
  callback: SpooledCallback;
  error: unknown;
}

/** Brings spooled callbacks into the database once it answers, and only then removes them from disk. */
@Injectable()
export class SpoolDrainer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsSpool');
  #timer: NodeJS.Timeout | null = null;
  #draining: Promise<void> | null = null;
  /** What was wrong with the last drain: said where it is not what was wrong with the one before. */
  #complaint = '';
  /** Segments of which every callback waited for a lock, and until when they are left alone. */
  readonly #rests = new Map<string, { until: number; milliseconds: number }>();
  /** Of the callbacks that are being drained: it ends when the process is to stop. */
  readonly #patience: Patience = { isOver: false, lockMs: LOCK_MS };

  constructor(
    private readonly database: Database,
    private readonly spool: CallbackSpool,
    private readonly keeper: CallbackKeeper,
    private readonly quarantine: QuarantineStore,
  ) {}

  onApplicationBootstrap(): void {
    // Closed while it was being started.
    if (this.#patience.isOver) return;
    this.#timer = setInterval(() => {
      this.#draining ??= this.#drain().finally(() => {
        this.#draining = null;
      });
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#patience.isOver = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#draining;
  }

  async #drain(): Promise<void> {
    const before = this.#complaint;
    try {
      const isPending = await this.spool.isPending();
      this.spool.tellIfOver(!isPending);
      if (!isPending || !(await this.database.answers())) return;
      const due = this.#dueOf(await this.spool.segments());
      if (due.length > 0) this.#complaint = '';
      for (const name of due) {
        if (this.#patience.isOver || !(await this.#drainSegment(name))) break;
      }
    } catch (error) {
      this.#complaint = `the spool could not be drained, trying again: ${(error as Error).message}`;
    }
    if (this.#complaint !== '' && this.#complaint !== before) this.#logger.warn(this.#complaint);
  }

  /** Whether the next segment may be tried. What was not committed is written back, whoever is to drain it then. */
  async #drainSegment(closed: string): Promise<boolean> {
    const name = await this.spool.claim(closed);
    if (name === null) return true;
    try {
      const callbacks = await this.spool.read(name);
      const { refused, untried } = await this.#keepAll(callbacks);
      const left =
        untried === null ? await this.#judge(refused) : [...refused.map(({ callback }) => callback), ...untried];
      await faultPoint('drain_after_apply_before_unlink');
      const isChanged = await this.spool.giveBack(name, callbacks, left);
      if (untried === null && !isChanged) this.#rest(closed);
      return untried === null;
    } catch (error) {
      await this.spool.release(name);
      throw error;
    }
  }

  /** Those that are not left alone. Of the others, what is not there any more is forgotten. */
  #dueOf(segments: readonly string[]): string[] {
    for (const name of this.#rests.keys()) if (!segments.includes(name)) this.#rests.delete(name);
    const now = performance.now();
    return segments.filter((name) => (this.#rests.get(name)?.until ?? 0) <= now);
  }

  /** Many that wait for one lock, tried again and again, would take from the others what they need. */
  #rest(segment: string): void {
    const milliseconds = Math.min((this.#rests.get(segment)?.milliseconds ?? INTERVAL_MS) * 2, LONGEST_REST_MS);
    this.#rests.set(segment, { until: performance.now() + milliseconds, milliseconds });
  }

  /** `untried` is null but where it ended early: the database is away, or the process is to stop. */
  async #keepAll(
    callbacks: readonly SpooledCallback[],
  ): Promise<{ refused: Refused[]; untried: SpooledCallback[] | null }> {
    const refused: Refused[] = [];
    for (let start = 0; start < callbacks.length; start += AT_ONCE) {
      refused.push(...(await this.#keepSome(callbacks.slice(start, start + AT_ONCE))));
      await faultPoint('drain_mid_segment');
      if (this.#patience.isOver || (refused.length > 0 && !(await this.database.answers()))) {
        return { refused, untried: callbacks.slice(start + AT_ONCE) };
      }
    }
    return { refused, untried: null };
  }

  async #keepSome(callbacks: readonly SpooledCallback[]): Promise<Refused[]> {
    const kept = await Promise.allSettled(callbacks.map((callback) => this.keeper.keep(callback, this.#patience)));
    return callbacks.flatMap((callback, index) => {
      const result = kept[index];
      return result?.status === 'rejected' ? [{ callback, error: result.reason as unknown }] : [];
    });
  }

  /**
   * Gives those that are to be tried again. What fails drain after drain while the database answers everybody else is not
   * the database's fault, and goes to quarantine. Not what waits for a lock, however long: a host may keep one in a
   * transaction of its own.
   */
  async #judge(refused: readonly Refused[]): Promise<SpooledCallback[]> {
    const left: SpooledCallback[] = [];
    for (const { callback, error } of refused) {
      const refusals = (callback.refusals ?? 0) + 1;
      if (isPassing(error)) {
        this.#complaint = `spooled callbacks wait: ${(error as Error).message}`;
        left.push(callback);
      } else if (refusals < REFUSALS_BEFORE_SETTING_ASIDE) {
        left.push({ ...callback, refusals });
      } else {
        await this.quarantine.add(callback, 'unstorable');
      }
    }
    return left;
  }
}
