import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { WebhookOptions } from '../../config/options.js';
import { WEBHOOKS } from '../../config/tokens.js';
import { newestSql } from '../../database/change-sql.js';
import { Database } from '../../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../../database/sql-runner.js';
import type { Instant } from '../../domain/clock.js';
import { EsmsError } from '../../domain/errors.js';
import type { EventPattern } from '../on-esms-event.js';
import { holdFanOutSql } from '../log/fan-out.js';
import { SubscriptionKeeper } from '../subscription-keeper.js';
import { WakeUp } from '../wake-up.js';
import { subscriberOf, type WebhookKey } from './webhook-key.js';
import { newSecret } from './webhook-signature.js';

/** A webhook as people see it. */
export interface Webhook {
  /** A UUID. */
  id: string;
  /** Where it is called. */
  url: string;
  /** What gets its events; shown with the subscribers of events, where it can be paused and its parked deliveries are. */
  subscriber: string;
  /** The events it gets. */
  events: EventPattern[];
  /** For people. */
  description: string;
  /** Whether it is called; its events wait while it is not. */
  enabled: boolean;
  /** Since when no call has succeeded; null where the last one did. */
  failingSince: Instant | null;
  /** Why it was disabled, where nobody asked for that. */
  notice: string | null;
  /** Since when it gets events. */
  createdAt: Instant;
}

/** What may be said of one. */
export interface WebhookSettings {
  /** Where it is called: `https` on a public address, unless an option allows others. */
  url: string;
  /** The events it gets: types, `message.*` or `*`. @default ['*'] */
  events: readonly EventPattern[];
  /** For people. @default '' */
  description: string;
  /** Whether it is called. @default true */
  enabled: boolean;
}

/** What a call needs to know of it. */
export interface WebhookTarget {
  url: string;
  enabled: boolean;
  events: EventPattern[];
  isFailing: boolean;
  /** The one to sign with, and the one before it as long as that is still good. */
  secrets: string[];
}

/** How long the secret before still signs, as an interval of PostgreSQL. */
const OVERLAP = `interval '24 hours'`;

/** The webhooks of all accounts. Each is a subscriber too: what it gets, and whether, is kept there alone. */
@Injectable()
export class WebhookTable {
  readonly #select: string;

  constructor(
    private readonly database: Database,
    private readonly wakeUp: WakeUp,
    private readonly keeper: SubscriptionKeeper,
    @Inject(WEBHOOKS) private readonly options: Required<WebhookOptions>,
  ) {
    const { webhooks, subscribers } = database.tables;
    this.#select = `
      select w.id, w.url, s.name as subscriber, s.patterns as events, w.description, not s.paused as enabled,
        ${instantSql('w.failing_since', '"failingSince"')}, case when s.paused then w.notice end as notice,
        ${instantSql('w.created_at', '"createdAt"')}
      from ${webhooks} w join ${subscribers} s on s.name = 'webhook:' || w.id
      where w.account = $1 and w.id = coalesce($2::uuid, w.id) order by w.created_at, w.id`;
  }

  /** Those of one account, oldest first. */
  list(account: string): Promise<Webhook[]> {
    return rowsOf<Webhook>(this.database, this.#select, [account, null]);
  }

  async find({ account, id }: WebhookKey): Promise<Webhook | null> {
    const [found] = await rowsOf<Webhook>(this.database, this.#select, [account, id]);
    return found ?? null;
  }

  async target({ account, id }: WebhookKey): Promise<WebhookTarget | null> {
    const { webhooks, subscribers } = this.database.tables;
    const [found] = await rowsOf<WebhookTarget>(
      this.database,
      `select w.url, not s.paused as enabled, s.patterns as events, w.failing_since is not null as "isFailing",
         array_remove(array[w.secret, case when w.previous_secret_until > now() then w.previous_secret end], null)
           as secrets
       from ${webhooks} w join ${subscribers} s on s.name = 'webhook:' || w.id where w.account = $1 and w.id = $2`,
      [account, id],
    );
    return found ?? null;
  }

  /** Gets the events from now on. Throws `limit_reached` where the account has as many as it may. */
  async add(account: string, settings: WebhookSettings): Promise<{ id: string; secret: string }> {
    const { tables } = this.database;
    const { webhooks, subscribers, changes } = tables;
    const { url, events: patterns, description, enabled } = settings;
    const id = randomUUID();
    const secret = newSecret();
    await this.#transaction(async (runner) => {
      await this.#demandRoom(runner, account);
      await runner.query(
        `insert into ${webhooks} (account, id, url, description, secret) values ($1, $2, $3, $4, $5)`,
        [account, id, url, description, secret],
      );
      await runner.query(holdFanOutSql(tables));
      await runner.query(
        `insert into ${subscribers} (name, patterns, account, paused, starts_after)
         values ($1, $2, $3, $4, ${newestSql(changes)})`,
        [subscriberOf({ id }), patterns, account, !enabled],
      );
    });
    // So that every process hears of it at once.
    this.wakeUp.tell('deliveries');
    this.wakeUp.tell('subscriptions');
    return { id, secret };
  }

  /** Changes what is given. Gives whether there is such a one. */
  change(key: WebhookKey, { url, events, description, enabled }: Partial<WebhookSettings>): Promise<boolean> {
    const { webhooks, subscribers } = this.database.tables;
    const change = `
      update ${webhooks} set url = coalesce($3, url), description = coalesce($4, description),
        notice = case when $5::boolean is null then notice end,
        failing_since = case when $5::boolean then null else failing_since end
      where account = $1 and id = $2 returning id`;
    return this.#transaction(async (runner) => {
      const parameters = [key.account, key.id, url ?? null, description ?? null, enabled ?? null];
      if (!(await changesAny(runner, change, parameters))) return false;
      await runner.query(
        `update ${subscribers} set patterns = coalesce($2, patterns), paused = coalesce(not $3::boolean, paused)
         where name = $1`,
        [subscriberOf(key), events ?? null, enabled ?? null],
      );
      return true;
    });
  }

  /** Its deliveries go later, as those of any subscriber that is retired. Gives whether there was such a one. */
  async remove(key: WebhookKey): Promise<boolean> {
    const { webhooks, webhook_attempts: attempts, subscribers } = this.database.tables;
    const isRemoved = await this.#transaction(async (runner) => {
      const remove = `delete from ${webhooks} where account = $1 and id = $2 returning id`;
      if (!(await changesAny(runner, remove, [key.account, key.id]))) return false;
      await runner.query(`delete from ${attempts} where account = $1 and webhook = $2`, [key.account, key.id]);
      await runner.query(
        `update ${subscribers} set retired_at = now(), patterns = '{}', paused = true where name = $1`,
        [subscriberOf(key)],
      );
      return true;
    });
    this.keeper.nudge();
    return isRemoved;
  }

  /** A new secret; the one before signs too for a while. null where there is no such one. */
  async rotate({ account, id }: WebhookKey): Promise<{ secret: string; previousUntil: Instant } | null> {
    const { webhooks } = this.database.tables;
    const secret = newSecret();
    const [rotated] = await rowsOf<{ previousUntil: Instant }>(
      this.database,
      `with rotated as (
         update ${webhooks}
         set secret = $3, previous_secret = secret, previous_secret_until = now() + ${OVERLAP}
         where account = $1 and id = $2 returning previous_secret_until)
       select ${instantSql('previous_secret_until', '"previousUntil"')} from rotated`,
      [account, id, secret],
    );
    return rotated === undefined ? null : { secret, previousUntil: rotated.previousUntil };
  }

  /** One after the other, of an account: two that count at once would both find room. */
  async #demandRoom(runner: SqlRunner, account: string): Promise<void> {
    const most = this.options.perAccount;
    await runner.query('select pg_advisory_xact_lock(hashtextextended($1, 2))', [account]);
    const count = `select count(*)::int as count from ${this.database.tables.webhooks} where account = $1`;
    const [row] = await rowsOf<{ count: number }>(runner, count, [account]);
    if ((row?.count ?? 0) < most) return;
    throw new EsmsError(
      'limit_reached',
      `account ${account} has ${most} webhooks, as many as it may: remove one, or raise the option perAccount`,
    );
  }

  #transaction<Result>(work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    return this.database.reached(() => this.database.transaction(work));
  }
}

async function changesAny(runner: SqlRunner, statement: string, parameters: unknown[]): Promise<boolean> {
  return (await rowsOf(runner, statement, parameters)).length > 0;
}
