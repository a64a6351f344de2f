import { randomUUID } from 'node:crypto';
import type { Instant } from '../domain/clock.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { emptyMessage } from '../domain/message-state.js';
import { type MessageView, viewMessage, viewRegistration } from '../domain/message-view.js';
import { sameRecipient } from '../domain/recipient.js';
import { completeRegistration, demandRoom, demandSameRequest, registrationMeant } from './complete-registration.js';
import type { RegistrationLink } from './link-registrations.js';
import { MessageProgress } from './message-progress.js';
import type { RegistrationRequest } from './registration-request.js';
import type { StoredMessage, StoredRegistration } from './stored-message.js';

/** What a registration came to. */
export interface Registered {
  /** Whether it is a new one; else the same again, or completed. */
  created: boolean;
  message: MessageView;
}

/**
 * Told whether a recipient that is given is the one that is known, before anything is written that shows it. What it
 * throws is the answer.
 */
export type RecipientComparison = (agrees: boolean) => void;

/** What is to be written. */
export interface BookEntries {
  /** New and completed ones, each with the link that it had. */
  registrations: StoredRegistration[];
  links: RegistrationLink[];
  messages: StoredMessage[];
  events: EsmsEvent[];
}

/**
 * The registrations and messages of one account that a transaction holds, and what requests make of them one after the
 * other, in memory alone: a request that is refused leaves nothing behind for the others.
 */
export class RegistrationBook {
  readonly #registrations: Map<string, StoredRegistration>;
  readonly #others: ReadonlySet<string>;
  readonly #messages: Map<string, StoredMessage>;
  readonly #progress = new Map<string, MessageProgress>();
  readonly #changed = new Map<string, StoredRegistration>();
  readonly #links = new Map<string, RegistrationLink>();

  /** `others`: registrations that were found, and may not be changed. */
  constructor(
    private readonly account: string,
    known: Record<'held' | 'others', readonly StoredRegistration[]> & { messages: readonly StoredMessage[] },
  ) {
    this.#registrations = new Map([...known.held, ...known.others].map((each) => [each.id, each]));
    this.#others = new Set(known.others.map(({ id }) => id));
    this.#messages = new Map(known.messages.map((each) => [each.state.smsId, each]));
  }

  /**
   * Registers a message. Throws `registration_conflict` where it contradicts an earlier registration, {@link NotHeld}
   * where it means one that may not be changed.
   */
  register(request: RegistrationRequest, now: Instant, compare?: RecipientComparison): Registered {
    const found = [...this.#registrations.values()];
    const known = registrationMeant(request, found);
    if (known !== null && this.#others.has(known.id)) throw new NotHeld(known);
    if (known?.recipient && request.recipient) compare?.(sameRecipient(known.recipient, request.recipient));
    demandRoom(request, known, found);
    const completed = known === null ? fresh(this.account, request, now) : completeRegistration(known, request);
    const registration = completed === null ? (known as StoredRegistration) : changedAt(completed, now);
    const message = this.#messageOf(registration);
    if (completed === null) return { created: false, message: view(message, registration) };
    demandSameRequest(known, registration, message?.state.facts.requestId?.value);
    // An anomaly would show it.
    const told = message?.state.facts.recipient?.value;
    if (told && told.kind === request.recipient?.kind) compare?.(sameRecipient(told, request.recipient));
    this.#changed.set(registration.id, { ...registration, linkedSmsId: this.#linkBefore(registration) });
    if (message === null) {
      this.#registrations.set(registration.id, registration);
      return { created: known === null, message: view(null, registration) };
    }
    return { created: known === null, message: view(this.#link(message, registration, now), registration) };
  }

  /** All that the requests made. */
  entries(): BookEntries {
    const results = [...this.#progress.values()].map((progress) => progress.result());
    return {
      registrations: [...this.#changed.values()],
      links: [...this.#links.values()],
      messages: results.map(({ stored }) => stored),
      events: results.flatMap(({ events }) => events),
    };
  }

  /** The message a registration is or will be linked to; one it names by SMSID is made where it does not exist. */
  #messageOf({ linkedSmsId, smsId, requestId }: StoredRegistration): StoredMessage | null {
    const name = linkedSmsId ?? smsId;
    if (name !== null) {
      const nothing = { state: emptyMessage(this.account, name), version: 0, sequence: 0, registration: null };
      return this.#progress.get(name)?.result().stored ?? this.#messages.get(name) ?? nothing;
    }
    const carriers = [...this.#messages.values()].filter(({ state }) => state.facts.requestId?.value === requestId);
    const free = carriers.filter(({ state }) => state.registeredAt === null && !this.#progress.has(state.smsId));
    return free.toSorted(byComing)[0] ?? null;
  }

  #link(message: StoredMessage, registration: StoredRegistration, now: Instant): StoredMessage {
    const { account, id } = registration;
    const { smsId } = message.state;
    const known = this.#registrations.get(id);
    const before = known?.linkedSmsId === smsId ? known : null;
    const progress = this.#progress.get(smsId) ?? new MessageProgress({ ...message, registration: before });
    progress.link(registration, now);
    this.#progress.set(smsId, progress);
    this.#links.set(id, { account, id, smsId });
    this.#registrations.set(id, { ...registration, linkedSmsId: smsId, closedAt: null });
    return progress.result().stored;
  }

  #linkBefore({ id, linkedSmsId }: StoredRegistration): string | null {
    const before = this.#changed.get(id);
    return before === undefined ? linkedSmsId : before.linkedSmsId;
  }
}

/** A request means a registration that others may change meanwhile. */
export class NotHeld extends Error {
  override readonly name = 'NotHeld';

  constructor(readonly registration: StoredRegistration) {
    super('the registration is not held');
  }
}

function byComing({ state: a }: StoredMessage, { state: b }: StoredMessage): number {
  if (a.firstReportAt !== b.firstReportAt) return (a.firstReportAt ?? '') < (b.firstReportAt ?? '') ? -1 : 1;
  return a.smsId < b.smsId ? -1 : 1;
}

const view = (message: StoredMessage | null, registration: StoredRegistration): MessageView =>
  message === null ? viewRegistration(registration) : viewMessage(message.state, registration);

function fresh(account: string, request: RegistrationRequest, now: Instant): Omit<StoredRegistration, 'changedAt'> {
  const waiting = { requestedAt: null, linkedSmsId: null, closedAt: null, sequence: 0 };
  return { ...request, account, id: randomUUID(), registeredAt: now, ...waiting };
}

function changedAt(registration: Omit<StoredRegistration, 'changedAt'>, now: Instant): StoredRegistration {
  const { requestId, requestedAt } = registration;
  return { ...registration, changedAt: now, requestedAt: requestId === null ? null : (requestedAt ?? now) };
}
