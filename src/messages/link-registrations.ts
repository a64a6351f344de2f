import type { Instant } from '../domain/clock.js';
import { groupBy } from '../domain/group-by.js';
import type { MessageWork } from './fold-reports.js';
import { messageKey, type StoredRegistration } from './stored-message.js';

/** A link to be written. */
export interface RegistrationLink {
  account: string;
  id: string;
  smsId: string;
}

/** A message that is linked already and has no report in this transaction: when it was received first. */
export interface LinkedElsewhere {
  account: string;
  smsId: string;
  firstReportAt: Instant;
}

/** A registration gets another message. */
export interface LinkChange {
  registration: StoredRegistration;
  smsId: string;
  /** When the report came that shows it. */
  at: Instant;
  /** The RequestId that both have; null where the registration states the SMSID. */
  requestId: string | null;
}

/** A message in the order in which those of one RequestId get its registrations. */
interface Carrier {
  smsId: string;
  firstSeen: Instant;
}

/**
 * Which registrations get which messages: the one that states a message's SMSID, else, of those with one RequestId and
 * the messages that carry it, the first gets the message received first, the second the second. It depends on what came,
 * not on what was processed first: a message that was received before the one that has the registration takes it over.
 */
export function linkChanges(
  works: readonly MessageWork[],
  registrations: readonly StoredRegistration[],
  elsewhere: readonly LinkedElsewhere[],
): LinkChange[] {
  if (registrations.length === 0) return [];
  const accounts = groupBy(works, ({ stored: { state } }) => state.account);
  return [...accounts].flatMap(([account, own]) => {
    const ofAccount = ({ account: each }: { account: string }): boolean => each === account;
    return changesOf(own, registrations.filter(ofAccount), elsewhere.filter(ofAccount));
  });
}

function changesOf(
  works: readonly MessageWork[],
  registrations: readonly StoredRegistration[],
  elsewhere: readonly LinkedElsewhere[],
): LinkChange[] {
  const changes: LinkChange[] = [];
  const settled = new Set<string>();
  for (const work of works) {
    const { smsId } = work.stored.state;
    const stating = registrations.find((each) => each.smsId === smsId);
    const linked = registrations.find((each) => each.linkedSmsId === smsId);
    if (stating === undefined && (linked === undefined || linked.smsId === null)) continue;
    settled.add(smsId);
    if (linked !== undefined || stating === undefined || stating.linkedSmsId !== null) continue;
    changes.push({ registration: stating, smsId, at: firstIncoming([work]), requestId: null });
  }
  for (const requestId of new Set(works.flatMap((work) => [...requestsCarried(work)]).toSorted())) {
    const named = registrations.filter((each) => each.smsId === null && each.requestId === requestId);
    if (named.length === 0) continue;
    const open = works.filter(
      (work) => requestsCarried(work).has(requestId) && !settled.has(work.stored.state.smsId) && isFreeFor(work, named),
    );
    const others = elsewhere.filter(({ smsId }) => named.some((each) => each.linkedSmsId === smsId));
    const carriers = [
      ...open.map(carrierOf),
      ...others.map(({ smsId, firstReportAt }) => ({ smsId, firstSeen: firstReportAt })),
    ];
    for (const { smsId } of carriers) settled.add(smsId);
    const inOrder = carriers.toSorted(byComing);
    for (const [index, registration] of named.toSorted(byRequest).entries()) {
      const smsId = inOrder[index]?.smsId;
      if (smsId === undefined || smsId === registration.linkedSmsId) continue;
      changes.push({ registration, smsId, at: firstIncoming(open), requestId });
    }
  }
  return changes;

  function isFreeFor({ stored: { state } }: MessageWork, named: readonly StoredRegistration[]): boolean {
    const linked = registrations.find((each) => each.linkedSmsId === state.smsId);
    return linked === undefined || named.includes(linked);
  }
}

/** The messages without a report in this transaction that have a registration which one of these may take over. */
export function linkedElsewhere(
  works: readonly MessageWork[],
  registrations: readonly StoredRegistration[],
): { account: string; smsId: string }[] {
  if (registrations.length === 0) return [];
  const present = new Set(works.map(({ stored: { state } }) => messageKey(state)));
  const carried = new Set(
    works.flatMap((work) =>
      [...requestsCarried(work)].map((requestId) => `${work.stored.state.account}\0${requestId}`),
    ),
  );
  return registrations.flatMap(({ account, smsId, requestId, linkedSmsId }) => {
    const isTheirs = smsId === null && linkedSmsId !== null && carried.has(`${account}\0${requestId}`);
    return isTheirs && !present.has(messageKey({ account, smsId: linkedSmsId }))
      ? [{ account, smsId: linkedSmsId }]
      : [];
  });
}

function requestsCarried({ stored, incoming }: MessageWork): Set<string> {
  const given = [stored.state.facts.requestId?.value ?? null, ...incoming.map(({ report }) => report.requestId)];
  return new Set(given.filter((requestId) => requestId !== null));
}

function carrierOf({ stored: { state }, incoming }: MessageWork): Carrier {
  const times = [state.firstReportAt, ...incoming.map(({ report }) => report.firstReceivedAt)];
  return { smsId: state.smsId, firstSeen: times.filter((at) => at !== null).toSorted()[0] ?? '' };
}

/** When the first of their reports came. */
function firstIncoming(works: readonly MessageWork[]): Instant {
  return works.flatMap(({ incoming }) => incoming.map(({ report }) => report.receivedAt)).toSorted()[0] ?? '';
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const byComing = (a: Carrier, b: Carrier): number => compare(a.firstSeen, b.firstSeen) || compare(a.smsId, b.smsId);

const byRequest = (a: StoredRegistration, b: StoredRegistration): number =>
  compare(a.requestedAt ?? '', b.requestedAt ?? '') || compare(a.id, b.id);
