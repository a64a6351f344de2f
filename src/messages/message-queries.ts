import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { type Page, type PageRequest, pageOf } from '../database/page.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { Anomaly } from '../domain/anomaly.js';
import type { Channel } from '../domain/channel.js';
import { type Instant, parseMoment } from '../domain/clock.js';
import type { Decision } from '../domain/message-change.js';
import { type MessageView, viewMessage, viewRegistration } from '../domain/message-view.js';
import type { Amount } from '../domain/money.js';
import { recipientOf } from '../domain/recipient.js';
import type { ReportContent } from '../domain/report.js';
import type { Outcome, State } from '../domain/standing.js';
import { messageOf } from './message-document.js';
import { MESSAGE_COLUMNS, type MessageRow } from './message-records.js';
import { contentOf } from './receipt-records.js';
import { REGISTRATION_COLUMNS, RegistrationRecords, registrationOf } from './registration-records.js';

/** What a message must be like; everything that is given must hold. */
export interface MessageFilter {
  account: string;
  requestId?: string;
  ref?: string;
  /** A phone in any form, or another recipient as it is. */
  phone?: string;
  state?: State;
  outcome?: Outcome;
  channel?: Channel;
  /** Created at or after. */
  from?: string;
  /** Created before. */
  to?: string;
}

/** One receipt of a message's timeline. */
export interface ReceiptView {
  id: string;
  /** When it came. */
  receivedAt: Instant;
  /** When it was stored: later, where it waited in the spool. */
  recordedAt: Instant;
  /** Copies after the first. */
  repeats: number;
  decision: Decision;
  sendStatus: string | null;
  typeId: string | null;
  price: Amount | null;
  anomalies: Anomaly[];
}

/** Reads messages; never writes. */
@Injectable()
export class MessageQueries {
  constructor(
    private readonly database: Database,
    private readonly registrations: RegistrationRecords,
  ) {}

  /** A message; null where the account has none of this SMSID. */
  async get(account: string, smsId: string): Promise<MessageView | null> {
    const { messages } = this.database.tables;
    const sql = `select ${MESSAGE_COLUMNS} from ${messages} m where m.account = $1 and m.sms_id = $2`;
    const [row] = await rowsOf<MessageRow>(this.database, sql, [account, smsId]);
    return row === undefined ? null : ((await this.#views([row]))[0] as MessageView);
  }

  /** The receipts of a message in the order of their coming. */
  async timeline(account: string, smsId: string): Promise<ReceiptView[]> {
    const { receipts } = this.database.tables;
    const rows = await rowsOf<Omit<ReceiptView, keyof ReportContent> & { report: Partial<ReportContent> }>(
      this.database,
      `select r.digest as id, ${instantSql('r.received_at', '"receivedAt"')}, ${instantSql('r.recorded_at', '"recordedAt"')},
         r.repeats, r.decision, r.report
       from ${receipts} r where r.account = $1 and r.sms_id = $2 order by r.received_at, r.digest`,
      [account, smsId],
    );
    return rows.map(({ report, ...receipt }) => {
      const { sendStatus, typeId, price, anomalies } = contentOf(report);
      return { ...receipt, sendStatus, typeId, price, anomalies: [...anomalies] };
    });
  }

  /** One page of messages, newest first; registrations that no message was linked to yet end the last page of their name. */
  async page(filter: MessageFilter, request: PageRequest): Promise<Page<MessageView>> {
    const { messages, registrations } = this.database.tables;
    const { sql: where, parameters } = this.#where(filter, request.after);
    const rows = await rowsOf<MessageRow & { created: string }>(
      this.database,
      `select ${MESSAGE_COLUMNS}, ${instantSql('m.created_at', 'created')}
       from ${messages} m left join ${registrations} r on r.account = m.account and r.linked_sms_id = m.sms_id
       where ${where} order by m.created_at desc, m.sms_id desc limit ${request.limit + 1}`,
      parameters,
    );
    const page = pageOf(rows, request.limit, ({ created, smsId }) => [created, smsId]);
    const items = await this.#views(page.items);
    const waiting = page.nextCursor === null ? await this.#waiting(filter) : [];
    return { items: [...items, ...waiting], nextCursor: page.nextCursor };
  }

  #where(filter: MessageFilter, after: PageRequest['after']): { sql: string; parameters: unknown[] } {
    const parameters: unknown[] = [];
    const place = (value: unknown): string => `$${parameters.push(value)}`;
    const account = place(filter.account);
    const conditions = [`m.account = ${account}`];
    const add = (value: unknown, condition: (placed: string) => string): void => {
      if (value !== undefined) conditions.push(condition(place(value)));
    };
    add(filter.requestId, (value) => `m.request_id = ${value}`);
    add(filter.ref, (value) => `r.ref = ${value}`);
    add(recipientAsked(filter), (value) => `m.recipient = ${value}`);
    add(filter.state, (value) => `m.state = ${value}`);
    add(filter.outcome, (value) => `m.outcome = ${value}`);
    add(filter.channel, (value) => `m.channel = ${value}`);
    add(filter.from && parseMoment(filter.from), (value) => `m.created_at >= ${value}::timestamptz`);
    add(filter.to && parseMoment(filter.to), (value) => `m.created_at < ${value}::timestamptz`);
    if (after !== null)
      conditions.push(`(m.created_at, m.sms_id) < (${place(after[0])}::timestamptz, ${place(after[1])})`);
    return { sql: conditions.join(' and '), parameters };
  }

  async #views(rows: readonly MessageRow[]): Promise<MessageView[]> {
    const smsIds = rows.map(({ account, smsId }) => ({ account, smsId }));
    const names = { smsIds, requestIds: [], refs: [] };
    const linked = rows.length === 0 ? [] : await this.registrations.find(this.database, names);
    return rows.map(({ account, smsId, document }) => {
      const registration = linked.find((each) => each.account === account && each.linkedSmsId === smsId);
      return viewMessage(messageOf(account, smsId, document), registration ?? null);
    });
  }

  async #waiting(filter: MessageFilter): Promise<MessageView[]> {
    const { account, ref = null, requestId = null } = filter;
    if (ref === null && requestId === null) return [];
    const rows = await rowsOf<Parameters<typeof registrationOf>[0]>(
      this.database,
      `select ${REGISTRATION_COLUMNS} from ${this.database.tables.registrations} r
       where r.account = $1 and r.linked_sms_id is null
         and (r.ref = $2 or $2 is null) and (r.request_id = $3 or $3 is null)
       order by r.registered_at limit 500`,
      [account, ref, requestId],
    );
    return rows.map((row) => viewRegistration(registrationOf(row))).filter((view) => fits(view, filter));
  }
}

const recipientAsked = ({ phone }: MessageFilter): string | undefined =>
  phone === undefined ? undefined : recipientOf(phone).value;

function fits(view: MessageView, filter: MessageFilter): boolean {
  const asked = recipientAsked(filter);
  return (
    (filter.state === undefined || view.state === filter.state) &&
    (filter.outcome === undefined || view.outcome === filter.outcome) &&
    (filter.channel === undefined || view.channel === filter.channel) &&
    (asked === undefined || view.recipient?.value === asked) &&
    (filter.from === undefined || view.createdAt >= parseMoment(filter.from)) &&
    (filter.to === undefined || view.createdAt < parseMoment(filter.to))
  );
}
