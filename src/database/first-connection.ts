import { setTimeout } from 'node:timers/promises';
import type { Troubles } from './troubles.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Makes the database ready, in the background and for as long as that takes. */
export class FirstConnection {
  readonly #stopping = new AbortController();
  #isMade = false;
  #making: Promise<void> | null = null;

  /** @param make ends when the database is ready; tried again where it fails */
  constructor(
    private readonly make: () => Promise<void>,
    private readonly troubles: Troubles,
  ) {}

  /** Whether the database was ready once. */
  get isMade(): boolean {
    return this.#isMade;
  }

  start(): void {
    this.#making ??= this.#run();
  }

  /** Tries no more. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Ends when the database is ready, or when no more is tried. */
  async ended(): Promise<void> {
    await this.#making;
  }

  /** Whether the database is ready, told as soon as it is, and after so long at the latest. */
  async within(milliseconds: number): Promise<boolean> {
    if (this.#isMade || this.#making === null) return this.#isMade;
    const waiting = new AbortController();
    await Promise.race([this.#making, pause(milliseconds, waiting.signal)]);
    waiting.abort();
    return this.#isMade;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let wait = FIRST_PAUSE_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        await this.make();
        this.#isMade = true;
        this.troubles.end();
        return;
      } catch (error) {
        this.troubles.note(error);
        await pause(wait, signal);
      }
    }
  }
}

/** Ends early where `signal` is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
