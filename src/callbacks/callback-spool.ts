import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { LockedByOthers } from '../messages/locked-by-others.js';
import { Spool } from '../spool/spool.js';
import { Condition } from '../telemetry/condition.js';
import type { AuthenticatedCallback } from './quarantined-callback.js';
import { decodeSpooled, encodeSpooled, type SpooledCallback } from './spooled-callback.js';

const ALARM_SHARE = 0.5;
/** For how long nothing may have been spooled until it is over: a commit that takes too long now and then is one outage. */
const QUIET_MS = 2_000;

/** The spool of callbacks; without a directory, or with one that cannot be written, it takes none. */
@Injectable()
export class CallbackSpool implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('EsmsSpool');
  readonly #maxBytes: number;
  readonly #spool: Spool | null;
  #opening: Promise<boolean> | null = null;
  #isOpen = false;
  #alarmed = false;
  #drained = 0;
  readonly #spooling = new Condition();
  readonly #locked = new Condition();
  readonly #refusing = new Condition();

  constructor(@Inject(OPTIONS) { spool }: ResolvedOptions) {
    this.#spool = spool === false ? null : new Spool(spool);
    this.#maxBytes = spool === false ? 0 : spool.maxBytes;
  }

  async onModuleInit(): Promise<void> {
    if (this.#spool === null) {
      this.#logger.warn('there is no spool: while the database is away, callbacks are only held, then lost');
      return;
    }
    await this.#open(this.#spool);
  }

  /** Whether it would take a callback right now; tried on the disk. */
  async canAppend(): Promise<boolean> {
    return this.#spool !== null && (await this.#open(this.#spool)) && this.#spool.canAppend();
  }

  /**
   * Ends when the callback is on disk; false where there is no spool, or the disk refuses it.
   *
   * @param reason why it was not committed
   */
  async append(callback: AuthenticatedCallback, reason: Error): Promise<boolean> {
    if (this.#spool === null || !(await this.#open(this.#spool))) return false;
    try {
      await this.#spool.append(encodeSpooled(callback));
    } catch (error) {
      this.#refusing.note(() => this.#logger.error(`the spool takes no callbacks: ${(error as Error).message}`));
      return false;
    }
    this.#refusing.end((seconds, times) =>
      this.#logger.log(`the spool takes callbacks again; in ${seconds} s it refused ${times}`),
    );
    this.#tellSpooling(reason);
    this.#alarm(this.#spool);
    return true;
  }

  /** Tells that what kept callbacks from the database is over, where it is: the spool is empty, or nothing came to it. */
  tellIfOver(isEmpty: boolean): void {
    if (this.#spooling.quietMs > QUIET_MS && isEmpty) {
      this.#spooling.end((seconds, times) =>
        this.#logger.log(
          `back after ${seconds} s: ${times} callbacks were spooled, ${this.#drained} committed from here`,
        ),
      );
      this.#drained = 0;
    }
    if (this.#locked.quietMs > QUIET_MS && isEmpty) {
      this.#locked.end((seconds, times) =>
        this.#logger.log(`nothing waits for a lock any more, after ${seconds} s: ${times} callbacks were spooled`),
      );
    }
    if (isEmpty && this.#drained > 0 && this.#spooling.quietMs === 0) {
      this.#logger.log(`${this.#drained} spooled callbacks were committed`);
      this.#drained = 0;
    }
  }

  /** Whether anything waits to be drained. */
  async isPending(): Promise<boolean> {
    return this.#spool !== null && this.#isOpen && (await this.#spool.isPending());
  }

  /** Whether every callback that was put in it is stored in the database. */
  async isEmpty(): Promise<boolean> {
    return this.#spool === null || !this.#isOpen || this.#spool.isEmpty();
  }

  /** The names of the segments to drain, oldest first. */
  async segments(): Promise<string[]> {
    return this.#spool === null || !this.#isOpen ? [] : this.#spool.segments();
  }

  /** Takes a segment for this process to drain, under the name it then has; null where another process has taken it. */
  async claim(name: string): Promise<string | null> {
    return this.#spool?.claim(name) ?? null;
  }

  /** The callbacks of a segment; what is damaged in it was set aside. */
  async read(name: string): Promise<SpooledCallback[]> {
    const segment = await this.#spool?.read(name, decodeSpooled);
    if (segment?.damaged) this.#logger.error(`the spool had ${segment.damaged} damaged pieces, now set aside: ${name}`);
    return segment?.records ?? [];
  }

  /**
   * Ends the drain of a segment that held `callbacks`, of which some are `left`: those are there to be drained again. Tells
   * whether the segment is another one now, or gone.
   */
  async giveBack(
    name: string,
    callbacks: readonly SpooledCallback[],
    left: readonly SpooledCallback[],
  ): Promise<boolean> {
    this.#drained += callbacks.length - left.length;
    if (left.length > 0 && left.length === callbacks.length && left.every((each, index) => each === callbacks[index])) {
      await this.release(name);
      return false;
    }
    await this.#spool?.replace(name, left.map(encodeSpooled));
    this.#alarmed = false;
    return true;
  }

  /** Leaves a claimed segment as it is, for whoever drains next. */
  async release(name: string): Promise<void> {
    await this.#spool?.release(name);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#isOpen) await this.#spool?.close();
  }

  /** Whether it is open by now: a disk that was not there at the start may have come since. */
  #open(spool: Spool): Promise<boolean> {
    if (this.#isOpen) return Promise.resolve(true);
    this.#opening ??= this.#tryToOpen(spool).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #tryToOpen(spool: Spool): Promise<boolean> {
    try {
      const network = await spool.open();
      this.#isOpen = true;
      if (network !== null) {
        this.#logger.warn(
          `the spool is on a network file system (${network}): not supported, callbacks may be lost there`,
        );
      }
    } catch (error) {
      this.#refusing.note(() => this.#logger.error(`the spool cannot be used: ${(error as Error).message}`));
    }
    return this.#isOpen;
  }

  #tellSpooling(reason: Error): void {
    const since = `since ${new Date().toISOString()}: ${reason.message}`;
    if (reason instanceof LockedByOthers) {
      this.#locked.note(() => this.#logger.warn(`callbacks wait for a lock in the spool ${since}`));
    } else {
      this.#spooling.note(() => this.#logger.warn(`spooling ${since}`));
    }
  }

  #alarm({ pendingBytes }: Spool): void {
    if (this.#alarmed || pendingBytes < this.#maxBytes * ALARM_SHARE) return;
    this.#alarmed = true;
    this.#logger.error(`the spool is half full: ${pendingBytes} of ${this.#maxBytes} bytes`);
  }
}
