import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RowSet } from '../database/row-set.js';
import { instantSql, rowsOf, type SqlRunner, type Statement } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import type { Decision } from '../domain/message-change.js';
import type { Report, ReportContent } from '../domain/report.js';

/** A receipt to be kept for the first time. */
export interface NewReceipt {
  report: Report;
  raw: Buffer | null;
  decision: Decision;
}

/** Further copies of a receipt that is kept already. */
export interface RepeatedReceipt {
  account: string;
  smsId: string;
  source: Report['source'];
  digest: string;
  copies: number;
  receivedAt: Instant;
  firstReceivedAt: Instant;
  /** When it came, the last {@link MOST_ARRIVALS} times: a copy that came at one of these is none. */
  arrivals: readonly Instant[];
}

type ReceiptIdentity = Pick<Report, 'account' | 'smsId' | 'source' | 'digest' | 'receivedAt' | 'firstReceivedAt'>;

/** A receipt that is kept already, as far as its copies need to know it. */
export interface KnownReceipt extends ReceiptIdentity {
  /** When it came, as far as copies of it were counted. */
  arrivals: readonly Instant[];
}

/** How many arrivals of one receipt are remembered. The gateway calls six times at most. */
export const MOST_ARRIVALS = 32;

const NAMES = new RowSet({ account: 'text', smsId: 'text' });
const IDENTITIES = new RowSet({ account: 'text', smsId: 'text', source: 'text', digest: 'text' });
const COPIES = new RowSet({
  account: 'text',
  smsId: 'text',
  source: 'text',
  digest: 'text',
  copies: 'integer',
  receivedAt: 'timestamptz',
  firstReceivedAt: 'timestamptz',
  arrivals: 'text',
});
const ROWS = new RowSet({
  account: 'text',
  smsId: 'text',
  source: 'text',
  digest: 'text',
  receivedAt: 'timestamptz',
  firstReceivedAt: 'timestamptz',
  decision: 'text',
  report: 'json',
  raw: 'bytea',
});

/** The statements on `receipts`. */
@Injectable()
export class ReceiptRecords {
  readonly #known: string;
  readonly #reports: string;
  readonly #add: string;
  readonly #repeat: string;

  constructor({ tables: { receipts } }: Database) {
    const times = `${instantSql('r.received_at', '"receivedAt"')}, ${instantSql('r.first_received_at', '"firstReceivedAt"')}`;
    const identity = `r.account, r.sms_id as "smsId", r.source, r.digest`;
    const isGiven =
      'r.account = given.account and r.sms_id = given."smsId" and r.source = given.source and r.digest = given.digest';
    const arrivals = `array(select ${instantSql('t', 'instant')} from unnest(r.arrivals) t) as arrivals`;
    this.#known = `select ${identity}, ${times}, ${arrivals} from ${receipts} r join ${IDENTITIES.sql} on ${isGiven}`;
    this.#reports = `
      select ${identity}, ${times}, r.report from ${receipts} r
      join ${NAMES.sql} on r.account = given.account and r.sms_id = given."smsId"`;
    this.#add = `
      insert into ${receipts}
        (account, sms_id, source, digest, received_at, first_received_at, repeats, decision, report, raw)
      select account, "smsId", source, digest, "receivedAt", "firstReceivedAt", 0, decision, report, raw
      from ${ROWS.sql}`;
    this.#repeat = `
      update ${receipts} r
      set repeats = r.repeats + given.copies, received_at = given."receivedAt",
        first_received_at = given."firstReceivedAt", arrivals = given.arrivals::timestamptz[]
      from ${COPIES.sql} where ${isGiven}`;
  }

  /** Which of these reports are kept already. */
  known(runner: SqlRunner, reports: readonly Report[]): Promise<KnownReceipt[]> {
    return rowsOf(runner, this.#known, IDENTITIES.parameters(reports));
  }

  /** Every report of these messages. */
  async reportsOf(runner: SqlRunner, messages: readonly { account: string; smsId: string }[]): Promise<Report[]> {
    const rows = await rowsOf<ReceiptIdentity & { report: Partial<ReportContent> }>(
      runner,
      this.#reports,
      NAMES.parameters(messages),
    );
    return rows.map(({ report, ...identity }) => ({ ...identity, ...contentOf(report) }));
  }

  /** What keeps new ones. */
  adds(receipts: readonly NewReceipt[]): Statement[] {
    const rows = receipts.map(({ report, raw, decision }) => ({
      account: report.account,
      smsId: report.smsId,
      source: report.source,
      digest: report.digest,
      receivedAt: report.receivedAt,
      firstReceivedAt: report.firstReceivedAt,
      decision,
      report: JSON.stringify(compact(report, IN_THE_ROW)),
      raw,
    }));
    return ROWS.statements(this.#add, rows);
  }

  /** What counts further copies. */
  repeats(receipts: readonly RepeatedReceipt[]): Statement[] {
    const rows = receipts.map((receipt) => ({ ...receipt, arrivals: `{${receipt.arrivals.join()}}` }));
    return COPIES.statements(this.#repeat, rows);
  }
}

/** What of a report has a column of its own. */
const IN_THE_ROW = ['account', 'smsId', 'source', 'digest', 'receivedAt', 'firstReceivedAt'] as const;

const NOTHING: Record<keyof ReportContent, unknown> = {
  standing: null,
  sendStatus: null,
  typeId: null,
  channel: 'unrecognised',
  receivers: null,
  sent: null,
  price: null,
  telcoId: null,
  recipient: null,
  requestId: null,
  oaId: null,
  templateId: null,
  partnerId: null,
  switchSmsId: null,
  error: null,
  proof: null,
  anomalies: [],
};

/** A report that was stored without what it lacks. */
export function contentOf(report: Partial<ReportContent>): ReportContent {
  return { ...NOTHING, ...report } as ReportContent;
}
