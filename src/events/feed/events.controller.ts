import type { ServerResponse } from 'node:http';
import { Controller, Get, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import { accountAsked } from '../../access/account-asked.js';
import { callerOf } from '../../access/caller.js';
import { EsmsErrorInterceptor } from '../../access/esms-error.interceptor.js';
import { PerKey } from '../../access/per-key.js';
import { RequireScope } from '../../access/require-scope.js';
import { validated } from '../../access/validated.js';
import { Accounts } from '../../config/accounts.js';
import { decodeCursor, encodeCursor } from '../../database/page.js';
import { KeyShare } from '../../limits/key-share.js';
import { type CloudEvent, cloudEventOf } from '../cloud-event.js';
import type { EventPattern } from '../on-esms-event.js';
import { typesOf } from '../subscriber.js';
import { EventFeed, type FeedPage } from './event-feed.js';
import { BEGINNING, type FeedPlace } from './feed-queries.js';
import { FeedDto } from './feed.dto.js';

const CURSOR = [/^\d{1,18}$/, /^[\da-f]*$/];
const SECOND_MS = 1_000;

/** Each looks again at whatever comes, so many cost as much as many readers. A key has a handful of readers. */
const MOST_WAITING = 20;

/** A response of either adapter: Fastify keeps Node's own beside it. */
type AnyResponse = ServerResponse | { raw: ServerResponse };

/** Some events of the log. */
export interface EventPage {
  items: CloudEvent[];
  /** Where to go on; never null, since a log has no last page. */
  nextCursor: string;
}

/** The event log over HTTP, for systems that ask rather than are called. */
@Controller('events')
@UseInterceptors(EsmsErrorInterceptor)
export class EventsController {
  readonly #waits = new PerKey(
    MOST_WAITING,
    `an API key may have ${MOST_WAITING} requests waiting at GET /events: end one, or ask without wait`,
  );

  constructor(
    private readonly accounts: Accounts,
    private readonly feed: EventFeed,
    private readonly share: KeyShare,
  ) {}

  /** The events after a place in the log, oldest first; recipients are left out. */
  @Get()
  @RequireScope('read')
  async read(
    @Req() request: object,
    @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<EventPage> {
    const { after, types, subject = null, limit, wait } = validated(FeedDto, query);
    const place = placeOf(after);
    const asked = accountAsked(request, query);
    if (asked === null) return { items: [], nextCursor: cursorOf(place ?? BEGINNING) };
    const patterns = types.split(',') as EventPattern[];
    const { key } = callerOf(request);
    const read = (): Promise<FeedPage> =>
      this.feed.read({
        account: this.accounts.chosen(asked.account),
        types: typesOf({ patterns }),
        subject,
        after: place,
        limit,
        waitMs: wait * SECOND_MS,
        signal: closed(response),
      });
    const { events, end } = await (wait > 0 ? this.#waits.run(key, read) : this.share.run(key, read));
    const items = events.map((event) => cloudEventOf(event, { includeRecipient: false }));
    return { items, nextCursor: cursorOf(end) };
  }
}

/** null for `now`. */
function placeOf(after: string | undefined): FeedPlace | null {
  if (after === 'now') return null;
  const [position, mark] = decodeCursor(after, CURSOR) ?? [];
  return position === undefined || mark === undefined ? BEGINNING : { position: BigInt(position), mark };
}

const cursorOf = ({ position, mark }: FeedPlace): string => encodeCursor([String(position), mark]);

/** Aborted when the caller has left. */
function closed(response: AnyResponse): AbortSignal {
  const left = new AbortController();
  ('raw' in response ? response.raw : response).once('close', () => left.abort());
  return left.signal;
}
