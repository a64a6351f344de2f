import { Agent, get } from 'node:http';
import type { Life } from './life.js';

/** What became of one call, as the gateway saw it. */
export interface Call {
  smsId: string;
  query: string;
  /** How often it was tried. */
  tries: number;
  /** `answered`: 200. `refused`: an error status or a broken connection, which ends it. `silent`: every try timed out. */
  end: 'answered' | 'refused' | 'silent';
  detail: string;
  milliseconds: number;
}

const TIME_OUT_MS = 3_000;
const GAP_MS = 400;
const RETRIES = 5;
const GROUP_PAUSE_MS = 30;

/** The gateway as it describes itself: it repeats a call when it times out, 5 times, and takes every answer for final. */
export class Gateway {
  readonly calls: Call[] = [];
  readonly #agent: Agent;

  /** @param keepAlive false: a connection for each call */
  constructor(
    private readonly url: string,
    keepAlive = true,
  ) {
    this.#agent = new Agent({ keepAlive, maxSockets: Number.POSITIVE_INFINITY });
  }

  /** Tells of all messages, so many at once and not faster than `rate` calls a second. */
  async tell(lives: Iterable<Life>, { atOnce, rate }: { atOnce: number; rate: number }): Promise<void> {
    const start = performance.now();
    const iterator = lives[Symbol.iterator]();
    // One for all who tell: what one of them took is no longer there for the others.
    const queue = { [Symbol.iterator]: () => iterator };
    let begun = 0;
    const tellNext = async (): Promise<void> => {
      for (const { smsId, groups } of queue) {
        for (const group of groups) {
          begun += group.length;
          const early = start + (begun / rate) * 1_000 - performance.now();
          if (early > 0) await sleep(early);
          const ends = await Promise.all(group.map((query) => this.#call(smsId, query)));
          // What follows is defined only where this was heard; and the clocks of replicas are not one clock.
          if (ends.some((end) => end !== 'answered')) break;
          await sleep(GROUP_PAUSE_MS);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, tellNext));
  }

  end(): void {
    this.#agent.destroy();
  }

  async #call(smsId: string, query: string): Promise<Call['end']> {
    const start = performance.now();
    for (let tries = 1; ; tries += 1) {
      const status = await this.#try(query);
      if (status === 'time-out' && tries <= RETRIES) {
        await sleep(GAP_MS);
        continue;
      }
      const end = status === '200' ? 'answered' : status === 'time-out' ? 'silent' : 'refused';
      this.calls.push({ smsId, query, tries, end, detail: status, milliseconds: performance.now() - start });
      return end;
    }
  }

  #try(query: string): Promise<string> {
    return new Promise((resolve) => {
      const request = get(`${this.url}?${query}`, { agent: this.#agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
        response.on('error', ({ message }) => resolve(message));
      });
      request.setTimeout(TIME_OUT_MS, () => {
        resolve('time-out');
        request.destroy();
      });
      request.on('error', ({ message }) => resolve(message));
    });
  }
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
