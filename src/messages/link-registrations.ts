import type { MessageWork } from './fold-reports.js';
import type { StoredRegistration } from './stored-message.js';

/** A link to be written. */
export interface RegistrationLink {
  account: string;
  id: string;
  smsId: string;
}

/**
 * Gives each message its registration: the one linked already, else the one that states its SMSID, else the earliest
 * free one with a RequestId it carries. A registration is linked once, to the message received first.
 */
export function linkRegistrations(
  works: readonly MessageWork[],
  registrations: readonly StoredRegistration[],
): { works: MessageWork[]; links: RegistrationLink[] } {
  if (registrations.length === 0) return { works: [...works], links: [] };
  const links: RegistrationLink[] = [];
  const taken = new Set<string>();
  const inOrder = works.toSorted((a, b) => (firstSeen(a) < firstSeen(b) ? -1 : 1));
  const linked = inOrder.map((work): MessageWork => {
    const { account, smsId } = work.stored.state;
    const ours = registrations.filter((each) => each.account === account);
    const registration = ours.find((each) => each.linkedSmsId === smsId);
    if (registration !== undefined) return { ...work, stored: { ...work.stored, registration } };
    const link = freeRegistration(
      work,
      ours.filter(({ id, linkedSmsId }) => linkedSmsId === null && !taken.has(id)),
    );
    if (link === null) return work;
    taken.add(link.id);
    links.push({ account, id: link.id, smsId });
    return { ...work, link };
  });
  return { works: linked, links };
}

function freeRegistration(work: MessageWork, free: readonly StoredRegistration[]): StoredRegistration | null {
  const stated = free.find(({ smsId }) => smsId === work.stored.state.smsId);
  if (stated !== undefined) return stated;
  const requestIds = new Set([
    work.stored.state.facts.requestId?.value,
    ...work.incoming.map(({ report }) => report.requestId),
  ]);
  const named = free.filter(
    ({ smsId, requestId }) => smsId === null && requestId !== null && requestIds.has(requestId),
  );
  return named.toSorted((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1))[0] ?? null;
}

const firstSeen = ({ stored, incoming }: MessageWork): string =>
  [stored.state.firstReportAt, ...incoming.map(({ report }) => report.receivedAt)]
    .filter((at) => at !== null)
    .toSorted()[0] ?? '';
