import { Injectable } from '@nestjs/common';
import { ListDto } from '../access/list.dto.js';
import { validated } from '../access/validated.js';
import { Database } from '../database/database.js';
import { decodeCursor, type Page } from '../database/page.js';
import { rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { UUID } from '../database/uuid.js';
import { type Instant, parseMoment } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { Outbox } from './outbox.js';
import { ParkedDeliveries, type ParkedDelivery } from './parked-deliveries.js';
import { ReplayEventsDto } from './replay-events.dto.js';
import { SubscriptionKeeper } from './subscription-keeper.js';

const CURSOR = [/^\d{1,18}$/];

/** A subscriber, as people see it. */
export interface Subscription {
  name: string;
  /** The events it gets. */
  patterns: string[];
  /** Whether any process has handlers for it. */
  hosted: boolean;
  paused: boolean;
  /** How many events are still to be delivered, parked ones not counted. */
  lag: number;
  /** How many were given up and wait for somebody to requeue or skip them. */
  parked: number;
}

/** How long a process that said nothing since still counts as a host. */
export const HOSTED_FOR = `interval '30 seconds'`;

/** The subscribers of all processes: seen, paused, replayed, retired. Everything throws `database_away` as well. */
@Injectable()
export class EsmsSubscriptions {
  /** @internal */
  constructor(
    private readonly database: Database,
    private readonly parkedDeliveries: ParkedDeliveries,
    private readonly keeper: SubscriptionKeeper,
    private readonly outbox: Outbox,
  ) {}

  /** All of them by name; with an account, those that may get its events, and what is counted is of it alone. */
  list({ account = null }: OfAccount = {}): Promise<Subscription[]> {
    return this.#find(null, account);
  }

  /** One of them. Throws `subscriber_unknown`. */
  async get(name: string, { account = null }: OfAccount = {}): Promise<Subscription> {
    const [found] = await this.#find(name, account);
    if (found === undefined) throw new EsmsError('subscriber_unknown', `there is no subscriber ${name}`);
    return found;
  }

  /** Lets it get nothing until it is resumed; its events wait. What is in hand is finished. Throws `subscriber_unknown`. */
  async pause(name: string): Promise<void> {
    await this.#change(name, 'paused = true');
  }

  /** Ends a pause. Throws `subscriber_unknown`. */
  async resume(name: string): Promise<void> {
    await this.#change(name, 'paused = false');
    this.outbox.announce();
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
    await this.#change(name, 'replay_after = 0, replay_from = $2::timestamptz', instant);
    this.keeper.nudge();
  }

  /**
   * Forgets a subscriber that no process hosts any more, and all its deliveries. Throws `subscriber_unknown`, and
   * `subscriber_hosted` up to half a minute after the last process that hosted it was seen.
   */
  async retire(name: string): Promise<void> {
    await this.database.reached(() => this.database.transaction((runner) => this.#retire(runner, name)));
    this.keeper.nudge();
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
    if (count > 0) this.outbox.announce();
    return count;
  }

  /** Counts a parked delivery, or all of them, as done. Gives how many. Throws `subscriber_unknown`. */
  async skip(name: string, { eventId = null, account = null }: Chosen = {}): Promise<number> {
    await this.get(name, { account });
    const count = isId(eventId) ? await this.parkedDeliveries.skip(name, { eventId, account }) : 0;
    if (count > 0) this.outbox.announce();
    return count;
  }

  async #retire(runner: SqlRunner, name: string): Promise<void> {
    const { subscribers } = this.database.tables;
    const [subscriber] = await rowsOf<{ account: string | null }>(
      runner,
      `select account from ${subscribers} where name = $1 for update`,
      [name],
    );
    if (subscriber?.account) throw new EsmsError('subscriber_hosted', `${name} goes when its webhook is deleted`);
    if ((await this.get(name)).hosted) {
      throw new EsmsError('subscriber_hosted', `subscriber ${name} is still hosted: take its handlers away first`);
    }
    await runner.query(`update ${subscribers} set retired_at = now(), patterns = '{}' where name = $1`, [name]);
  }

  async #change(name: string, change: string, ...parameters: unknown[]): Promise<void> {
    const { subscribers } = this.database.tables;
    const changed = await rowsOf(
      this.database,
      `with changed as (
         update ${subscribers} set ${change} where name = $1 and retired_at is null returning name)
       select name from changed`,
      [name, ...parameters],
    );
    if (changed.length === 0) throw new EsmsError('subscriber_unknown', `there is no subscriber ${name}`);
  }

  async #find(name: string | null, account: string | null): Promise<Subscription[]> {
    const { subscribers, subscriber_hosts: hosts, deliveries } = this.database.tables;
    const counted = (condition: string): string => `(
      select count(*)::int from ${deliveries} d
      where d.subscriber = s.name and ($2::text is null or d.account = $2) and ${condition})`;
    return rowsOf<Subscription>(
      this.database,
      `select s.name, s.patterns, s.paused,
         exists (select from ${hosts} h where h.subscriber = s.name and h.seen_at > now() - ${HOSTED_FOR}) as hosted,
         ${counted('d.settled_at is null and d.parked_at is null')} as lag, ${counted('d.parked_at is not null')} as parked
       from ${subscribers} s
       where s.retired_at is null and ($1::text is null or s.name = $1)
         and ($2::text is null or s.account is null or s.account = $2)
       order by s.name`,
      [name, account],
    );
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
