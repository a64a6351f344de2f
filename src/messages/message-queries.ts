import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { type Page, type PageRequest, pageOf } from '../database/page.js';
import { instantSql, rowsOf } from '../database/sql-runner.js';
import type { Anomaly } from '../domain/anomaly.js';
import type { Instant } from '../domain/clock.js';
import type { Decision } from '../domain/message-change.js';
import { type MessageView, viewMessage } from '../domain/message-view.js';
import type { Amount } from '../domain/money.js';
import type { ReportContent } from '../domain/report.js';
import { conditionsOf, type FilterColumns, type MessageFilter } from './message-filter.js';
import { messageOf } from './message-document.js';
import { MESSAGE_COLUMNS, type MessageRow } from './message-records.js';
import { contentOf } from './receipt-records.js';
import { RegistrationRecords } from './registration-records.js';
import { type Listed, WaitingRegistrations } from './waiting-registrations.js';

const COLUMNS: FilterColumns = {
  account: 'm.account',
  requestId: 'm.request_id',
  ref: 'r.ref',
  recipient: 'm.recipient',
  state: 'm.state',
  outcome: 'm.outcome',
  channel: 'm.channel',
  created: 'm.created_at',
  name: 'm.sms_id',
};

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
    private readonly waiting: WaitingRegistrations,
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

  /**
   * One page of messages, newest first, and wherever more is asked for than an account and a time, of registrations that
   * wait for their message.
   */
  async page(filter: MessageFilter, request: PageRequest): Promise<Page<MessageView>> {
    const { account: _account, from: _from, to: _to, ...conditions } = filter;
    const isNarrow = Object.values(conditions).some((condition) => condition !== undefined);
    const messages = await this.#messages(filter, request);
    const waiting = isNarrow ? await this.waiting.page(filter, request) : [];
    const listed = [...messages, ...waiting].toSorted(newestFirst);
    const { items, nextCursor } = pageOf(listed, request.limit, ({ created, name }) => [created, name]);
    return { items: items.map(({ view }) => view), nextCursor };
  }

  /** One more than fit on a page. */
  async #messages(filter: MessageFilter, { limit, after }: PageRequest): Promise<Listed[]> {
    const { messages, registrations } = this.database.tables;
    const { sql: where, parameters } = conditionsOf(filter, after, COLUMNS);
    const rows = await rowsOf<MessageRow & { created: string }>(
      this.database,
      `select ${MESSAGE_COLUMNS}, ${instantSql('m.created_at', 'created')}
       from ${messages} m left join ${registrations} r on r.account = m.account and r.linked_sms_id = m.sms_id
       where ${where} order by m.created_at desc, m.sms_id desc limit ${limit + 1}`,
      parameters,
    );
    const views = await this.#views(rows);
    return rows.map(({ created, smsId }, index) => ({ view: views[index] as MessageView, created, name: smsId }));
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
}

/** In the order of the database, which compares names byte by byte. */
function newestFirst(a: Listed, b: Listed): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return Buffer.compare(Buffer.from(b.name), Buffer.from(a.name));
}
