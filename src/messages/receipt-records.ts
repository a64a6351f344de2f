import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import type { Instant } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import type { Decision } from '../domain/message-change.js';
import type { Report, ReportContent } from '../domain/report.js';

/** A receipt to be kept for the first time. */
export interface NewReceipt {
  report: Report;
  raw: Buffer | null;
  /** Copies after the first. */
  repeats: number;
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
}

/** A receipt that is kept already, as far as its copies need to know it. */
export type KnownReceipt = Pick<Report, 'account' | 'smsId' | 'source' | 'digest' | 'receivedAt' | 'firstReceivedAt'>;

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
    this.#known = `
      select ${identity}, ${times} from ${receipts} r
      join json_to_recordset($1::json) as given(account text, "smsId" text, source text, digest text)
        on r.account = given.account and r.sms_id = given."smsId" and r.source = given.source and r.digest = given.digest`;
    this.#reports = `
      select ${identity}, ${times}, r.report from ${receipts} r
      join json_to_recordset($1::json) as given(account text, "smsId" text)
        on r.account = given.account and r.sms_id = given."smsId"`;
    this.#add = `
      insert into ${receipts}
        (account, sms_id, source, digest, received_at, first_received_at, repeats, decision, report, raw)
      select account, "smsId", source, digest, "receivedAt", "firstReceivedAt", repeats, decision, report, convert_to(raw, 'LATIN1')
      from json_to_recordset($1::json) as given(
        account text, "smsId" text, source text, digest text, "receivedAt" timestamptz, "firstReceivedAt" timestamptz,
        repeats integer, decision text, report json, raw text)`;
    this.#repeat = `
      update ${receipts} r
      set repeats = r.repeats + given.copies, received_at = given."receivedAt", first_received_at = given."firstReceivedAt"
      from json_to_recordset($1::json) as given(
        account text, "smsId" text, source text, digest text, copies integer,
        "receivedAt" timestamptz, "firstReceivedAt" timestamptz)
      where r.account = given.account and r.sms_id = given."smsId" and r.source = given.source and r.digest = given.digest`;
  }

  /** Which of these reports are kept already. */
  known(runner: SqlRunner, reports: readonly Report[]): Promise<KnownReceipt[]> {
    const identities = reports.map(({ account, smsId, source, digest }) => ({ account, smsId, source, digest }));
    return rowsOf(runner, this.#known, [JSON.stringify(identities)]);
  }

  /** Every report of these messages. */
  async reportsOf(runner: SqlRunner, messages: readonly { account: string; smsId: string }[]): Promise<Report[]> {
    const rows = await rowsOf<KnownReceipt & { report: Partial<ReportContent> }>(runner, this.#reports, [
      JSON.stringify(messages),
    ]);
    return rows.map(({ report, ...identity }) => ({ ...identity, ...contentOf(report) }));
  }

  async add(runner: SqlRunner, receipts: readonly NewReceipt[]): Promise<void> {
    if (receipts.length === 0) return;
    const rows = receipts.map(({ report, raw, repeats, decision }) => {
      const { account, smsId, source, digest, receivedAt, firstReceivedAt } = report;
      const identity = { account, smsId, source, digest, receivedAt, firstReceivedAt };
      return { ...identity, repeats, decision, report: compact(report, IN_THE_ROW), raw: raw?.toString('latin1') };
    });
    await runner.query(this.#add, [JSON.stringify(rows)]);
  }

  async repeat(runner: SqlRunner, receipts: readonly RepeatedReceipt[]): Promise<void> {
    if (receipts.length > 0) await runner.query(this.#repeat, [JSON.stringify(receipts)]);
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
