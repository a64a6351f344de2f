import type { Instant } from '../domain/clock.js';
import { derivedId, type EsmsEvent, messageEvent } from '../domain/domain-event.js';
import { viewRegistration } from '../domain/message-view.js';
import { registrationSubject } from '../domain/registration.js';
import type { StoredRegistration } from './stored-message.js';

/** A registration that waits for its message, closed by silence, and the event that tells of it. */
export function closeRegistration(
  registration: StoredRegistration,
  closedAt: Instant,
): { closed: StoredRegistration; event: EsmsEvent } {
  const closed = { ...registration, closedAt, sequence: registration.sequence + 1 };
  const { state, outcome, counters } = viewRegistration(registration);
  const change = {
    kind: 'status',
    becomes: 'unknown',
    previous: { state, outcome, counters },
    correction: false,
  } as const;
  const { account, id, sequence } = closed;
  const subject = registrationSubject(id);
  const event = {
    ...messageEvent(viewRegistration(closed), null, change),
    id: derivedId(account, subject, String(sequence)),
    account,
    subject,
    sequence,
    time: closedAt,
  };
  return { closed, event };
}
