import { earliest, latest } from '../../src/domain/clock.js';
import { deriveMessage, mergeReport } from '../../src/domain/merge.js';
import type { MessageState } from '../../src/domain/message-state.js';
import type { Report } from '../../src/domain/report.js';

/** A message as a store keeps it: the row and, beside it, the distinct reports it came from. */
export interface StoredMessage {
  row: MessageState;
  reports: readonly Report[];
}

/** What a store does with one arrival, a report or a copy of one it has, and nothing but that. */
export function receive(stored: StoredMessage, arrival: Report): StoredMessage {
  const known = stored.reports.find(({ source, digest }) => source === arrival.source && digest === arrival.digest);
  if (known === undefined) {
    const reports = [...stored.reports, arrival];
    return { reports, row: mergeReport(stored.row, arrival) ?? deriveMessage(stored.row, reports) };
  }
  const both = joinCopies(known, arrival);
  if (both.receivedAt === known.receivedAt && both.firstReceivedAt === known.firstReceivedAt) return stored;
  const reports = stored.reports.map((each) => (each === known ? both : each));
  return { reports, row: deriveMessage(stored.row, reports) };
}

/** The distinct reports of some arrivals, each a callback's earliest copy or a poll's latest asking. */
export function distinct(arrivals: readonly Report[]): Report[] {
  const reports = new Map<string, Report>();
  for (const arrival of arrivals) {
    const known = reports.get(arrival.source + arrival.digest);
    reports.set(arrival.source + arrival.digest, known === undefined ? arrival : joinCopies(known, arrival));
  }
  return [...reports.values()];
}

function joinCopies(a: Report, b: Report): Report {
  const time = a.source === 'poll' ? latest : earliest;
  return {
    ...a,
    receivedAt: time(a.receivedAt, b.receivedAt) as string,
    firstReceivedAt: earliest(a.firstReceivedAt, b.firstReceivedAt) as string,
  };
}
