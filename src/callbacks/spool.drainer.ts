import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isPassing } from '../database/is-passing.js';
import type { Patience } from '../messages/waiting-report.js';
import { faultPoint } from '../telemetry/fault-point.js';
import { CallbackKeeper } from './callback-keeper.js';
import { CallbackSpool } from './callback-spool.js';
import type { AuthenticatedCallback } from './quarantined-callback.js';
import { QuarantineStore } from './quarantine.store.js';

const INTERVAL_MS = 500;
const AT_ONCE = 256;
/** What is held longer comes again with the next drain; the others of its segment are not to wait for it. */
const LOCK_MS = 100;
const DRAINS_BEFORE_SETTING_ASIDE = 3;

/** A callback that was not committed, and why. */
interface Refused {
  callback: AuthenticatedCallback;
  error: unknown;
}

/** Brings spooled callbacks into the database once it answers, and only then removes them from disk. */
@Injectable()
export class SpoolDrainer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsSpool');
  /** How often each segment was drained in part only. */
  readonly #drains = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #draining: Promise<void> | null = null;
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
    try {
      if (!(await this.spool.isPending()) || !(await this.database.answers())) return;
      for (const name of await this.spool.segments()) {
        if (this.#patience.isOver) return;
        if (!(await this.#drainSegment(name)) && !(await this.database.answers())) return;
      }
    } catch (error) {
      this.#logger.warn(`the spool could not be drained, trying again: ${(error as Error).message}`);
    }
  }

  /** Whether the segment is done; one that is not stays whole: what was committed of it is then a copy. */
  async #drainSegment(name: string): Promise<boolean> {
    const callbacks = await this.spool.read(name);
    const refused: Refused[] = [];
    for (let start = 0; start < callbacks.length; start += AT_ONCE) {
      refused.push(...(await this.#keepAll(callbacks.slice(start, start + AT_ONCE))));
      await faultPoint('drain_mid_segment');
      if (this.#patience.isOver || (refused.length > 0 && !(await this.database.answers()))) return false;
    }
    if (refused.length > 0 && !(await this.#setAside(name, refused))) return false;
    await faultPoint('drain_after_apply_before_unlink');
    await this.spool.remove(name);
    this.#drains.delete(name);
    this.#logger.log(`${callbacks.length} spooled callbacks were committed`);
    return true;
  }

  async #keepAll(callbacks: readonly AuthenticatedCallback[]): Promise<Refused[]> {
    const kept = await Promise.allSettled(callbacks.map((callback) => this.keeper.keep(callback, this.#patience)));
    return callbacks.flatMap((callback, index) => {
      const result = kept[index];
      return result?.status === 'rejected' ? [{ callback, error: result.reason as unknown }] : [];
    });
  }

  /**
   * What fails drain after drain while the database answers everybody else is not the database's fault. Not what waits
   * for a lock, however long: a host may keep one in a transaction of its own.
   */
  async #setAside(name: string, refused: readonly Refused[]): Promise<boolean> {
    const passing = refused.find(({ error }) => isPassing(error));
    if (passing !== undefined) {
      this.#logger.warn(`${refused.length} spooled callbacks wait on: ${(passing.error as Error).message}`);
      return false;
    }
    const drains = (this.#drains.get(name) ?? 0) + 1;
    this.#drains.set(name, drains);
    if (drains < DRAINS_BEFORE_SETTING_ASIDE) return false;
    for (const { callback } of refused) await this.quarantine.add(callback, 'unstorable');
    return true;
  }
}
