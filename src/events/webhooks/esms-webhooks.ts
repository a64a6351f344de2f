import { Injectable } from '@nestjs/common';
import type { AccountChoice } from '../../access/account-choice.js';
import { ListDto } from '../../access/list.dto.js';
import { PerKey } from '../../access/per-key.js';
import { validated } from '../../access/validated.js';
import { Accounts } from '../../config/accounts.js';
import { decodeCursor, type Page } from '../../database/page.js';
import { UUID } from '../../database/uuid.js';
import { type Instant, isInstant } from '../../domain/clock.js';
import { EsmsError } from '../../domain/errors.js';
import { type WebhookAttempt, WebhookAttempts } from './webhook-attempts.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import type { WebhookKey } from './webhook-key.js';
import { WebhookSender } from './webhook-sender.js';
import { type Webhook, type WebhookSettings, WebhookTable } from './webhook-table.js';
import { ChangeWebhookDto, NewWebhookDto, ReplayWebhookDto } from './webhooks.dto.js';

const CURSOR = [{ test: isInstant }, /^\d{1,18}$/];

/** What a webhook begins with. */
export type NewWebhook = Pick<WebhookSettings, 'url'> & Partial<WebhookSettings>;

/**
 * What is delivered again: everything stored since a time (a day of Vietnam, or one with its offset), or what there is of
 * one message, or one event of it.
 */
export type WebhookReplay = { from: string } | { subject: string; eventId?: string };

/**
 * Webhooks: added, changed, tested, and looked after; there where the option `webhooks` is on. Its answers are those of
 * the routes `/webhooks`. Everything about one throws `webhook_unknown`; everything throws `arguments_invalid` with
 * every problem, `account_unknown`, and `database_away`.
 */
@Injectable()
export class EsmsWebhooks {
  /** A test asks a system for an answer, and whoever may ask it of ours is not its owner. */
  readonly #pings = new PerKey(1, 'a test of this webhook is under way: wait for its answer');

  /** @internal */
  constructor(
    private readonly accounts: Accounts,
    private readonly table: WebhookTable,
    private readonly attemptLog: WebhookAttempts,
    private readonly deliveries: WebhookDeliveries,
    private readonly sender: WebhookSender,
  ) {}

  /** Those of one account, oldest first. */
  async list({ account }: AccountChoice = {}): Promise<Webhook[]> {
    return this.table.list(this.accounts.chosen(account));
  }

  /** One of them. */
  async get(id: string, choice: AccountChoice = {}): Promise<Webhook> {
    return this.#find(this.#keyOf(id, choice));
  }

  /** Adds one that gets events from now on. Its secret is shown this once. Throws `webhook_url_refused`, and `limit_reached`. */
  async add(settings: NewWebhook, { account }: AccountChoice = {}): Promise<Webhook & { secret: string }> {
    const { url, events = ['*'], description = '', enabled = true } = validated(NewWebhookDto, settings);
    this.#demandUrl(url);
    const chosen = this.accounts.writable(account);
    const { id, secret } = await this.table.add(chosen, { url, events, description, enabled });
    return { ...(await this.#find({ account: chosen, id })), secret };
  }

  /** Changes what is given. Enabling it gives parked deliveries their attempts again. Throws `webhook_url_refused`. */
  async change(id: string, settings: Partial<WebhookSettings>, choice: AccountChoice = {}): Promise<Webhook> {
    const key = this.#keyOf(id, choice);
    const given = validated(ChangeWebhookDto, settings);
    if (given.url !== undefined) this.#demandUrl(given.url);
    if (!(await this.table.change(key, given))) unknown(id);
    if (given.events !== undefined) await this.deliveries.dropUnwanted(key);
    if (given.enabled === true) await this.deliveries.requeue(key);
    return this.#find(key);
  }

  /** Removes it with its deliveries and attempts. Gives what it was. */
  async remove(id: string, choice: AccountChoice = {}): Promise<Webhook> {
    const key = this.#keyOf(id, choice);
    const webhook = await this.#find(key);
    if (!(await this.table.remove(key))) unknown(id);
    return webhook;
  }

  /** A page of its last calls, the latest first. Throws `cursor_invalid`. */
  async attempts(id: string, filter: Partial<ListDto> = {}): Promise<Page<WebhookAttempt>> {
    const { cursor, limit, ...choice } = validated(ListDto, filter);
    const key = this.#keyOf(id, choice);
    const after = decodeCursor(cursor, CURSOR);
    await this.#find(key);
    return this.attemptLog.page(key, { limit, after });
  }

  /**
   * Calls it now with an event that tells of no message, also where it is disabled. Gives how that went. Throws
   * `rate_limited` while another test of it is under way.
   */
  async ping(id: string, choice: AccountChoice = {}): Promise<WebhookAttempt> {
    const key = this.#keyOf(id, choice);
    const target = (await this.table.target(key)) ?? unknown(id);
    return this.#pings.run(id, () => this.sender.ping(key, target));
  }

  /** Gives it a new secret, shown this once; the one before signs too for another 24 hours. */
  async rotateSecret(id: string, choice: AccountChoice = {}): Promise<{ secret: string; previousUntil: Instant }> {
    return (await this.table.rotate(this.#keyOf(id, choice))) ?? unknown(id);
  }

  /** Delivers events again that it wants, in the order of each message. Throws `event_unknown` where there are none. */
  async replay(id: string, which: WebhookReplay, choice: AccountChoice = {}): Promise<Webhook> {
    const key = this.#keyOf(id, choice);
    const { from, subject, eventId = null } = validated(ReplayWebhookDto, which);
    const webhook = await this.#find(key);
    if (subject === undefined) await this.deliveries.repeatSince(key, from ?? '');
    else if ((await this.deliveries.repeat(key, { subject, eventId })) === 0) {
      throw new EsmsError('event_unknown', 'there is no such event that this webhook gets');
    }
    return webhook;
  }

  #keyOf(id: string, { account }: AccountChoice): WebhookKey {
    return UUID.test(id) ? { account: this.accounts.chosen(account), id } : unknown(id);
  }

  async #find(key: WebhookKey): Promise<Webhook> {
    return (await this.table.find(key)) ?? unknown(key.id);
  }

  #demandUrl(url: string): void {
    const problem = this.sender.problemOf(url);
    if (problem !== null) throw new EsmsError('webhook_url_refused', `url: ${problem}`);
  }
}

function unknown(id: string): never {
  throw new EsmsError('webhook_unknown', `there is no webhook ${id}`);
}
