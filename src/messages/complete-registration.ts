import { isDeepStrictEqual } from 'node:util';
import { EsmsError } from '../domain/errors.js';
import type { RegistrationRequest } from './registration-request.js';
import type { StoredRegistration } from './stored-message.js';

/**
 * Every callback and registration with a RequestId reads all registrations that have it. It names one send, or the legs
 * of one from Zalo to SMS.
 */
const MOST_OF_REQUEST = 100;

/** Throws `limit_reached` where a registration would be one too many of its RequestId. */
export function demandRoom(
  { requestId }: RegistrationRequest,
  known: StoredRegistration | null,
  found: readonly StoredRegistration[],
): void {
  if (requestId === null || known?.requestId === requestId) return;
  if (found.filter((each) => each.requestId === requestId).length < MOST_OF_REQUEST) return;
  throw new EsmsError(
    'limit_reached',
    `${MOST_OF_REQUEST} registrations have this RequestId, as many as may: give each send a RequestId of its own, or ` +
      'register by ref or smsId alone',
  );
}

/**
 * The registration that a request speaks of: the one of its `ref` or its SMSID, else the earliest with its RequestId
 * that it does not contradict (a RequestId may name several, the legs of a Zalo → SMS send). Null for a new one.
 * Throws `registration_conflict` where `ref` and SMSID name two.
 */
export function registrationMeant(
  request: RegistrationRequest,
  found: readonly StoredRegistration[],
): StoredRegistration | null {
  const byRef = found.find(({ ref }) => request.ref !== null && ref === request.ref);
  const bySmsId = found.find((each) => request.smsId !== null && smsIdOf(each) === request.smsId);
  if (byRef && bySmsId && byRef.id !== bySmsId.id) throw conflict(['ref', 'smsId']);
  const named = found
    .filter(({ requestId }) => request.requestId !== null && requestId === request.requestId)
    .filter((each) => agrees(request.ref, each.ref) && agrees(request.smsId, smsIdOf(each)))
    .toSorted((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1));
  return byRef ?? bySmsId ?? named[0] ?? null;
}

/**
 * A registration with what a request adds to it, or null where it adds nothing.
 * Throws `registration_conflict` where they contradict each other, naming the fields.
 */
export function completeRegistration(
  known: StoredRegistration,
  request: RegistrationRequest,
): Omit<StoredRegistration, 'changedAt'> | null {
  const { smsId, metadata, ...plain } = request;
  const clashes = Object.entries(plain)
    .filter(([name, value]) => !agrees(value, known[name as keyof typeof plain]))
    .map(([name]) => name);
  if (!agrees(smsId, smsIdOf(known))) clashes.push('smsId');
  const had = new Map(Object.entries(known.metadata ?? {}));
  const clashing = Object.entries(metadata ?? {}).filter(([key, value]) => !agrees(value, had.get(key)));
  if (clashing.length > 0) clashes.push('metadata');
  if (clashes.length > 0) throw conflict(clashes);
  const added = Object.fromEntries(Object.entries({ smsId, ...plain }).filter(([, value]) => value !== null));
  const completed = {
    ...known,
    ...added,
    metadata: metadata === null ? known.metadata : { ...known.metadata, ...metadata },
  };
  return isDeepStrictEqual(completed, known) ? null : completed;
}

/**
 * Throws `registration_conflict` where a registration newly brings a message another RequestId than its callbacks carry.
 * One that was there before those callbacks stands; the message then has an anomaly.
 */
export function demandSameRequest(
  known: StoredRegistration | null,
  { requestId }: Pick<StoredRegistration, 'requestId'>,
  carried: string | undefined,
): void {
  const isNew = known === null || known.linkedSmsId === null || known.requestId === null;
  if (isNew && carried !== undefined && !agrees(requestId, carried)) throw conflict(['requestId']);
}

const smsIdOf = ({ smsId, linkedSmsId }: StoredRegistration): string | null => smsId ?? linkedSmsId;

const agrees = (given: unknown, known: unknown): boolean =>
  given === null || given === undefined || known === null || known === undefined || isDeepStrictEqual(given, known);

function conflict(fields: readonly string[]): EsmsError {
  return new EsmsError('registration_conflict', `contradicts what is known already: ${fields.join(', ')}`);
}
