import { Injectable } from '@nestjs/common';
import { ListDto } from '../access/list.dto.js';
import { validated } from '../access/validated.js';
import { decodeCursor, type Page } from '../database/page.js';
import { UUID } from '../database/uuid.js';
import { type Instant, parseMoment } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { ParkedDeliveries, type ParkedDelivery } from './parked-deliveries.js';
import { ReplayEventsDto } from './replay-events.dto.js';
import { SubscriptionChanges } from './subscription-changes.js';
import { SubscriptionKeeper } from './subscription-keeper.js';
import { type Subscription, SubscriptionQueries } from './subscription-queries.js';
import { WakeUp } from './wake-up.js';

const CURSOR = [/^\d{1,18}$/];

/** The subscribers of all processes: seen, paused, replayed, retired. Everything throws `database_away` as well. */
@Injectable()
export class EsmsSubscriptions {
  /** @internal */
  constructor(
    private readonly queries: SubscriptionQueries,
    private readonly changes: SubscriptionChanges,
    private readonly parkedDeliveries: ParkedDeliveries,
    private readonly keeper: SubscriptionKeeper,
    private readonly wakeUp: WakeUp,
  ) {}

  /** All of them by name; with an account, those that may get its events, and what is counted is of it alone. */
  list({ account = null }: OfAccount = {}): Promise<Subscription[]> {
    return this.queries.find(null, account);
  }

  /** One of them. Throws `subscriber_unknown`. */
  async get(name: string, { account = null }: OfAccount = {}): Promise<Subscription> {
    const [found] = await this.queries.find(name, account);
    if (found === undefined) throw new EsmsError('subscriber_unknown', `there is no subscriber ${name}`);
    return found;
  }

  /** Lets it get nothing until it is resumed; its events wait. What is in hand is finished. Throws `subscriber_unknown`. */
  async pause(name: string): Promise<void> {
    await this.changes.pause(name);
  }

  /** Ends a pause. Throws `subscriber_unknown`. */
  async resume(name: string): Promise<void> {
    await this.changes.resume(name);
    this.wakeUp.tell('subscriptions');
    this.wakeUp.tell('deliveries');
  }

  /**
   * Delivers again every event stored since a time, also those of callbacks that came before and waited in the spool; in
   * the order of each message. It gets no others until all of these are queued, which goes on in the background. Throws
   * `subscriber_unknown`, and `arguments_invalid` where `since` is no time.
   * @param since a day (of Vietnam), or a time with its offset
   */
  async replay(name: string, since: string | Date): Promise<void> {
    const instant: Instant = parseMoment(
      validated(ReplayEventsDto, { from: since instanceof Date ? textOf(since) : since }).from,
    );
    await this.changes.replay(name, instant);
    this.wakeUp.tell('subscriptions');
    this.keeper.nudge();
  }

  /**
   * Forgets a subscriber that no process hosts any more, and all its deliveries. Throws `subscriber_unknown`, and
   * `subscriber_hosted` up to half a minute after the last process that hosted it was seen.
   */
  async retire(name: string): Promise<void> {
    await this.changes.retire(name);
    this.keeper.nudge();
  }

  /**
   * Takes from it the events of which no process that runs has a handler, and ends its deliveries of them. Until then
   * those wait for one, and the later events of their messages behind them. Throws `subscriber_unknown`, and
   * `subscriber_unhosted` where no process hosts it.
   */
  async narrow(name: string): Promise<void> {
    await this.changes.narrow(name);
    this.wakeUp.tell('deliveries');
  }

  /**
   * One page of the deliveries that were given up, oldest event first; without an account, of all accounts. Throws
   * `subscriber_unknown`, `arguments_invalid` with every problem, and `cursor_invalid`.
   */
  async parked(name: string, filter: Partial<ListDto> = {}): Promise<Page<ParkedDelivery>> {
    const { account = null, cursor, limit } = validated(ListDto, filter);
    const after = decodeCursor(cursor, CURSOR);
    await this.get(name, { account });
    return this.parkedDeliveries.page(name, account, { limit, after });
  }

  /** Gives a parked delivery, or all of them, their attempts again. Gives how many. Throws `subscriber_unknown`. */
  async requeue(name: string, { eventId = null, account = null }: Chosen = {}): Promise<number> {
    await this.get(name, { account });
    const count = isId(eventId) ? await this.parkedDeliveries.requeue(name, { eventId, account }) : 0;
    if (count > 0) this.wakeUp.tell('deliveries');
    return count;
  }

  /** Counts a parked delivery, or all of them, as done. Gives how many. Throws `subscriber_unknown`. */
  async skip(name: string, { eventId = null, account = null }: Chosen = {}): Promise<number> {
    await this.get(name, { account });
    const count = isId(eventId) ? await this.parkedDeliveries.skip(name, { eventId, account }) : 0;
    if (count > 0) this.wakeUp.tell('deliveries');
    return count;
  }
}

/** Of which account. */
interface OfAccount {
  /** @default all of them */
  account?: string | null;
}

/** Which parked deliveries. */
interface Chosen extends OfAccount {
  /** @default all of them */
  eventId?: string | null;
}

/** An id that is none names no event. */
const isId = (eventId: string | null): boolean => eventId === null || UUID.test(eventId);

/** One that is invalid has no text, and is refused as such. */
const textOf = (date: Date): string => date.toJSON() ?? 'no time';
