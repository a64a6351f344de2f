import type { Instant } from '../domain/clock.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { groupBy } from '../domain/group-by.js';
import { deriveMessage, mergeReport } from '../domain/merge.js';
import { decisionOf } from '../domain/message-change.js';
import type { Report } from '../domain/report.js';
import { MessageProgress } from './message-progress.js';
import { type KnownReceipt, MOST_ARRIVALS, type NewReceipt, type RepeatedReceipt } from './receipt-records.js';
import type { ReceivedReport } from './received-report.js';
import type { StoredMessage, StoredRegistration } from './stored-message.js';

/** The reports that one transaction brings to one message, and what is known of it. */
export interface MessageWork {
  stored: StoredMessage;
  incoming: readonly ReceivedReport[];
  /** Those of their receipts that are kept already. */
  known: readonly KnownReceipt[];
  /** Every report that is kept; null while it was not needed. */
  kept: readonly Report[] | null;
  /** What the message is linked to in this transaction, or loses its registration to (null); null for no change. */
  link: { registration: StoredRegistration | null; at: Instant } | null;
}

/** What the transaction has to write. */
export interface FoldedMessage {
  stored: StoredMessage;
  /** Whether the row of the message changed. */
  changed: boolean;
  events: EsmsEvent[];
  receipts: NewReceipt[];
  repeated: RepeatedReceipt[];
}

/**
 * Folds reports into their message: copies are counted, an earlier copy derives the message again (one diff), new
 * reports are merged in the order of their coming (one diff each). Null where it needs {@link MessageWork.kept}.
 */
export function foldReports(work: MessageWork): FoldedMessage | null {
  const { fresh, repeated, moved } = sortOut(work);
  const kept = work.stored.state.reports === 0 ? [] : work.kept;
  const progress = new MessageProgress(work.stored);
  if (work.link !== null) progress.link(work.link.registration, work.incoming[0]?.report.receivedAt ?? work.link.at);
  let reports = kept;
  if (moved.length > 0) {
    if (reports === null) return null;
    reports = reports.map((report) => ({ ...report, ...moved.find((each) => isSame(each, report)) }));
    progress.advance(deriveMessage(progress.state, reports), moved[0]?.receivedAt as Instant);
  }
  const receipts: NewReceipt[] = [];
  for (const receipt of fresh) {
    const before = progress.state;
    const after =
      mergeReport(before, receipt.report) ?? (reports && deriveMessage(before, [...reports, receipt.report]));
    if (after === null) return null;
    reports &&= [...reports, receipt.report];
    receipts.push({ ...receipt, decision: decisionOf(before, after, receipt.report) });
    progress.advance(after, receipt.report.receivedAt);
  }
  return { ...progress.result(), receipts, repeated };
}

const isSame = (a: Pick<Report, 'source' | 'digest'>, b: Pick<Report, 'source' | 'digest'>): boolean =>
  a.source === b.source && a.digest === b.digest;

type FreshReceipt = Omit<NewReceipt, 'decision'>;

/** Tells new receipts from copies; `moved` are the copies that change the time of what is kept. */
function sortOut({ incoming, known }: MessageWork): {
  fresh: FreshReceipt[];
  repeated: RepeatedReceipt[];
  moved: RepeatedReceipt[];
} {
  const fresh: FreshReceipt[] = [];
  const repeated: RepeatedReceipt[] = [];
  const moved: RepeatedReceipt[] = [];
  const identityOf = ({ report: { source, digest } }: ReceivedReport): string => `${source} ${digest}`;
  for (const copies of groupBy(incoming, identityOf).values()) {
    const { report, raw } = copies[0] as ReceivedReport;
    const kept = known.find((each) => isSame(each, report));
    if (kept === undefined && copies.length === 1) {
      fresh.push({ report, raw });
      continue;
    }
    const times = timesOfCopies(report.source, [...copies.map((each) => each.report), ...(kept ? [kept] : [])]);
    if (kept === undefined) fresh.push({ report: { ...report, ...times }, raw });
    // The same arrival may be brought twice: by a spool whose process died after the commit, or by a lost answer to it.
    const came = kept ? [...new Set([kept.receivedAt, kept.firstReceivedAt, ...kept.arrivals])] : [];
    const again = [...new Set(copies.map((each) => each.report.receivedAt))].filter((time) => !came.includes(time));
    const count = kept ? again.length : again.length - 1;
    if (count === 0) continue;
    const { account, smsId, source, digest } = report;
    const arrivals = [...came, ...again].toSorted().slice(-MOST_ARRIVALS);
    const repeat = { account, smsId, source, digest, copies: count, arrivals, ...times };
    repeated.push(repeat);
    if (kept === undefined) continue;
    if (times.receivedAt !== kept.receivedAt || times.firstReceivedAt !== kept.firstReceivedAt) moved.push(repeat);
  }
  return { fresh: fresh.toSorted(byComing), repeated, moved };
}

/** A callback counts by its earliest copy, a poll by its latest asking. */
function timesOfCopies(
  source: Report['source'],
  copies: readonly Pick<Report, 'receivedAt' | 'firstReceivedAt'>[],
): Pick<Report, 'receivedAt' | 'firstReceivedAt'> {
  const received = copies.map(({ receivedAt }) => receivedAt).toSorted();
  const [first] = copies.map(({ firstReceivedAt }) => firstReceivedAt).toSorted();
  return { receivedAt: received.at(source === 'poll' ? -1 : 0) as Instant, firstReceivedAt: first as Instant };
}

function byComing({ report: a }: FreshReceipt, { report: b }: FreshReceipt): number {
  if (a.receivedAt !== b.receivedAt) return a.receivedAt < b.receivedAt ? -1 : 1;
  return a.digest < b.digest ? -1 : 1;
}
