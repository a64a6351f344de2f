import { Inject, Injectable } from '@nestjs/common';
import type { WebhookOptions } from '../../config/options.js';
import { WEBHOOKS } from '../../config/tokens.js';
import { Database } from '../../database/database.js';
import { type Page, type PageRequest, pageOf } from '../../database/page.js';
import { recordedUntil } from '../../database/recorded-until.js';
import { instantSql, rowsOf } from '../../database/sql-runner.js';
import type { Instant } from '../../domain/clock.js';
import type { WebhookAnswer } from './webhook-client.js';
import type { WebhookKey } from './webhook-key.js';

/** One call of a webhook. */
export interface WebhookAttempt {
  /** When it had ended. */
  at: Instant;
  /** What the header `webhook-id` said. */
  eventId: string;
  /** The short name of the event; `webhook.ping` for a test. */
  type: string;
  /** null for a test. */
  subject: string | null;
  /** Which attempt for this event it was, from 1. */
  attempt: number;
  /** The status of the answer; null where none came. */
  status: number | null;
  /** How long it took, in milliseconds. */
  durationMs: number;
  /** What went wrong where no answer came; not where the call went to. */
  error: string | null;
  /** How the answer begins; null where it came from a private network. */
  response: string | null;
}

/** What was called for. */
export type AttemptSubject = Pick<WebhookAttempt, 'eventId' | 'type' | 'subject' | 'attempt'>;

/** The last calls of each webhook. */
@Injectable()
export class WebhookAttempts {
  readonly #add: string;
  readonly #page: string;
  readonly #trim: string;

  constructor(
    private readonly database: Database,
    @Inject(WEBHOOKS) private readonly options: Required<WebhookOptions>,
  ) {
    const { webhooks, webhook_attempts: attempts } = database.tables;
    this.#add = `
      insert into ${attempts} (account, webhook, event_id, type, subject, attempt, status, duration_ms, error, response)
      select w.account, w.id, $3, $4, $5, $6, $7, $8, $9, $10 from ${webhooks} w where w.account = $1 and w.id = $2
      returning ${instantSql('at')}`;
    this.#page = `
      select ${instantSql('at')}, event_id as "eventId", type, subject, attempt, status, duration_ms as "durationMs",
        error, response, position::text as position
      from ${attempts} a
      where account = $1 and webhook = $2 and a.at < $5
        and ($3::timestamptz is null or (a.at, a.position) < ($3::timestamptz, $4::bigint))
      order by a.at desc, a.position desc limit $6`;
    this.#trim = `
      delete from ${attempts} a using ${webhooks} w, lateral (
        select position from ${attempts} kept where kept.account = w.account and kept.webhook = w.id
        order by position desc offset $1 limit 1) newest_of_rest
      where a.account = w.account and a.webhook = w.id and a.position <= newest_of_rest.position`;
  }

  /** Writes one down. */
  async add({ account, id }: WebhookKey, subject: AttemptSubject, answer: WebhookAnswer): Promise<WebhookAttempt> {
    const { eventId, type, attempt } = subject;
    const { status, durationMs, error, response } = answer;
    const parameters = [account, id, eventId, type, subject.subject, attempt, status, durationMs, error, response];
    const [row] = await rowsOf<{ at: Instant }>(this.database, this.#add, parameters);
    return { at: row?.at ?? '', ...subject, status, durationMs, error, response };
  }

  /** One page of those of a webhook, the latest first. */
  async page({ account, id }: WebhookKey, { limit, after }: PageRequest): Promise<Page<WebhookAttempt>> {
    const [at, position] = after ?? [null, null];
    const { webhook_attempts: attempts } = this.database.tables;
    const until = await this.database.reached(() => recordedUntil(this.database, attempts));
    const parameters = [account, id, at, position, until, limit + 1];
    const rows = await rowsOf<WebhookAttempt & { position: string }>(this.database, this.#page, parameters);
    const { items, nextCursor } = pageOf(rows, limit, (row) => [row.at, row.position]);
    return { items: items.map(({ position: _position, ...item }) => item), nextCursor };
  }

  /** Removes all but the latest of each webhook. */
  async trim(): Promise<void> {
    await this.database.query(this.#trim, [this.options.attemptsKept]);
  }
}
