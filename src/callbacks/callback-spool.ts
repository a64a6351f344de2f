import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { Spool } from '../spool/spool.js';
import type { AuthenticatedCallback } from './quarantined-callback.js';
import { decodeSpooled, encodeSpooled } from './spooled-callback.js';

const ALARM_SHARE = 0.5;

/** The spool of callbacks; without a directory, or with one that cannot be written, it takes none. */
@Injectable()
export class CallbackSpool implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('EsmsSpool');
  readonly #maxBytes: number;
  readonly #spool: Spool | null;
  #isOpen = false;
  #alarmed = false;

  constructor(@Inject(OPTIONS) { spool }: ResolvedOptions) {
    this.#spool = spool === false ? null : new Spool(spool);
    this.#maxBytes = spool === false ? 0 : spool.maxBytes;
  }

  async onModuleInit(): Promise<void> {
    if (this.#spool === null) {
      this.#logger.warn('no spool directory is given: while the database is away, callbacks are only held, then lost');
      return;
    }
    try {
      await this.#spool.open();
      this.#isOpen = true;
    } catch (error) {
      this.#logger.error(`the spool cannot be used: ${(error as Error).message}`);
    }
  }

  /** Whether it takes callbacks. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Ends when the callback is on disk; false where there is no spool. Rejects where the disk refuses it. */
  async append(callback: AuthenticatedCallback): Promise<boolean> {
    if (this.#spool === null || !this.#isOpen) return false;
    await this.#spool.append(encodeSpooled(callback));
    this.#alarm(this.#spool);
    return true;
  }

  /** Whether anything waits to be drained. */
  async isPending(): Promise<boolean> {
    return this.#spool !== null && this.#isOpen && (await this.#spool.isPending());
  }

  /** The names of the segments to drain, oldest first. */
  async segments(): Promise<string[]> {
    return this.#spool === null || !this.#isOpen ? [] : this.#spool.segments();
  }

  /** The callbacks of a segment; what is damaged in it was set aside. */
  async read(name: string): Promise<AuthenticatedCallback[]> {
    const segment = await this.#spool?.read(name, decodeSpooled);
    if (segment?.damaged) this.#logger.error(`the spool had ${segment.damaged} damaged pieces, now set aside: ${name}`);
    return segment?.records ?? [];
  }

  /** Removes a segment whose every callback is committed. */
  async remove(name: string): Promise<void> {
    await this.#spool?.remove(name);
    this.#alarmed = false;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.#isOpen) await this.#spool?.close();
  }

  #alarm({ pendingBytes }: Spool): void {
    if (this.#alarmed || pendingBytes < this.#maxBytes * ALARM_SHARE) return;
    this.#alarmed = true;
    this.#logger.error(`the spool is half full: ${pendingBytes} of ${this.#maxBytes} bytes`);
  }
}
