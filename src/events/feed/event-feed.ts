import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { cursorGone } from '../../database/page.js';
import type { EsmsEvent } from '../../domain/domain-event.js';
import { WakeUp } from '../wake-up.js';
import { WakeableSleep } from '../wakeable-sleep.js';
import { EventHorizon } from '../log/event-horizon.js';
import { type FeedFilter, type FeedPlace, FeedQueries, type FeedStretch } from './feed-queries.js';

/** How often is looked when nobody tells of new events. */
const POLL_MS = 1_000;
/** How long writers of events are waited for, where a request would not wait otherwise. */
const WRITERS_MS = 2_000;
/** How long a request looks through events that nobody asked for before it says how far it came. */
const LOOK_MS = 2_000;

/** Where a reader goes on, and what it wants. */
export interface FeedRequest extends FeedFilter {
  /** null: from now on. */
  after: FeedPlace | null;
  limit: number;
  /** How long to wait for the first event. */
  waitMs: number;
  /** Ends the wait. */
  signal: AbortSignal;
}

/** What there was. */
export interface FeedPage {
  events: EsmsEvent[];
  /** Where to go on. */
  end: FeedPlace;
}

/** The event log for whoever reads it at their own pace: every event once, in an order that never changes. */
@Injectable()
export class EventFeed implements OnModuleDestroy {
  readonly #sleeps = new Set<WakeableSleep>();
  #stopping = false;

  constructor(
    private readonly horizon: EventHorizon,
    private readonly queries: FeedQueries,
    wakeUp: WakeUp,
  ) {
    wakeUp.on('events', () => this.#wake());
  }

  /** Before the HTTP server closes: it would wait for the requests that wait. */
  onModuleDestroy(): void {
    this.#stopping = true;
    this.#wake();
  }

  /**
   * The next events; where there are none, waits for some. May find none and still have got further. Rejects with
   * `cursor_gone` where the place to go on from is not what it was.
   */
  async read(request: FeedRequest): Promise<FeedPage> {
    const { after } = request;
    if (after !== null && (await this.queries.placeAt(after.position)).mark !== after.mark) throw cursorGone();
    const { events, end } = await this.#read(request);
    return { events, end: end === after?.position ? after : await this.queries.placeAt(end) };
  }

  async #read({ after, limit, waitMs, signal, ...filter }: FeedRequest): Promise<FeedStretch> {
    const sleep = new WakeableSleep();
    const wake = (): void => sleep.wake();
    this.#sleeps.add(sleep);
    signal.addEventListener('abort', wake);
    try {
      const deadline = performance.now() + waitMs;
      let page = after === null ? await this.#now() : await this.#look(after.position, filter, limit);
      for (;;) {
        const leftMs = deadline - performance.now();
        const isDone = page.events.length > 0 || page.end < this.horizon.position || leftMs <= 0;
        if (isDone || signal.aborted || this.#stopping) return page;
        await sleep.for(Math.min(leftMs, POLL_MS));
        page = await this.#look(page.end, filter, limit);
      }
    } finally {
      this.#sleeps.delete(sleep);
      signal.removeEventListener('abort', wake);
    }
  }

  /** Nothing, and the place where it begins. */
  async #now(): Promise<FeedStretch> {
    await this.#advance();
    return { events: [], end: this.horizon.position };
  }

  /** As far as something is found, or to what is committed now; for so long that an answer does not come too late. */
  async #look(after: bigint, filter: FeedFilter, limit: number): Promise<FeedStretch> {
    let page: FeedStretch = { events: [], end: after };
    let hasAdvanced = false;
    for (const until = performance.now() + LOOK_MS; page.events.length === 0 && performance.now() < until; ) {
      if (page.end < this.horizon.position) {
        page = await this.queries.read(page.end, this.horizon.position, filter, limit);
      } else {
        if (hasAdvanced) break;
        await this.#advance();
        hasAdvanced = true;
      }
    }
    return page;
  }

  /** Where a writer takes long, the horizon stays where it is for now. */
  async #advance(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WRITERS_MS);
    });
    await Promise.race([this.horizon.advance(), late]).finally(() => clearTimeout(timer));
  }

  #wake(): void {
    for (const sleep of this.#sleeps) sleep.wake();
  }
}
