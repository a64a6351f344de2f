import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { isAway } from '../database/is-away.js';
import { isPermanent } from '../database/is-permanent.js';
import type { SqlRunner } from '../database/sql-runner.js';
import type { Clock, Instant } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { emptyMessage } from '../domain/message-state.js';
import { type MessageView, viewMessage, viewRegistration } from '../domain/message-view.js';
import { sameRecipient } from '../domain/recipient.js';
import { Outbox } from '../events/outbox.js';
import { completeRegistration, demandRoom, demandSameRequest, registrationMeant } from './complete-registration.js';
import { MessageProgress } from './message-progress.js';
import { MessageRecords } from './message-records.js';
import { RegistrationRecords } from './registration-records.js';
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

const ATTEMPTS = 4;

/** Writes registrations down and links them to their messages, whichever side came first. */
@Injectable()
export class Registrar {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly database: Database,
    private readonly registrations: RegistrationRecords,
    private readonly messages: MessageRecords,
    private readonly outbox: Outbox,
  ) {}

  /** Registers a message. Throws `registration_conflict` where it contradicts an earlier one, and `database_away`. */
  async register(account: string, request: RegistrationRequest, compare?: RecipientComparison): Promise<Registered> {
    const registered = await this.database.reached(() => this.#registerAnyhow(account, request, compare));
    this.outbox.announce();
    return registered;
  }

  async #registerAnyhow(
    account: string,
    request: RegistrationRequest,
    compare?: RecipientComparison,
  ): Promise<Registered> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.transaction((runner) => this.registerIn(runner, account, request, compare));
      } catch (error) {
        // Two writers may have met, on a key or on a message: the later one now finds what the earlier one wrote.
        if (attempt === ATTEMPTS || error instanceof EsmsError || isPermanent(error) || isAway(error)) throw error;
      }
    }
  }

  /** The same in the caller's transaction. Throws also what says that another one got in its way. */
  async registerIn(
    runner: SqlRunner,
    account: string,
    request: RegistrationRequest,
    compare?: RecipientComparison,
  ): Promise<Registered> {
    const { smsId, requestId, ref } = request;
    const requestIds = requestId === null ? [] : [{ account, requestId }];
    await this.registrations.lockRequests(runner, requestIds);
    const found = await this.registrations.find(runner, {
      smsIds: smsId === null ? [] : [{ account, smsId }],
      requestIds,
      refs: ref === null ? [] : [{ account, ref }],
    });
    const meant = registrationMeant(request, found);
    const known = meant === null ? null : await this.registrations.hold(runner, meant);
    if (known?.recipient && request.recipient) compare?.(sameRecipient(known.recipient, request.recipient));
    demandRoom(request, known, found);
    const now = this.clock.now();
    const completed = known === null ? fresh(account, request, now) : completeRegistration(known, request);
    const registration = completed === null ? (known as StoredRegistration) : { ...completed, changedAt: now };
    const message = await this.#messageOf(runner, registration);
    if (completed === null) return { created: false, message: view(message, registration) };
    demandSameRequest(known, registration, message?.state.facts.requestId?.value);
    await this.registrations.save(runner, registration);
    const before = known?.linkedSmsId === message?.state.smsId ? known : null;
    const linked =
      message === null ? null : await this.#link(runner, { ...message, registration: before }, registration);
    return { created: known === null, message: view(linked, registration) };
  }

  /** The message a registration is or will be linked to, locked; one it names by SMSID is made where it does not exist. */
  async #messageOf(runner: SqlRunner, registration: StoredRegistration): Promise<StoredMessage | null> {
    const { account, requestId } = registration;
    const smsId = registration.linkedSmsId ?? registration.smsId;
    if (smsId === null) return requestId === null ? null : this.messages.lockRequested(runner, account, requestId);
    const [message] = await this.messages.lock(runner, [{ account, smsId }]);
    if (message !== undefined) return message;
    await this.messages.holdAbsent(runner, { account, smsId });
    return { state: emptyMessage(account, smsId), version: 0, sequence: 0, registration: null };
  }

  async #link(runner: SqlRunner, message: StoredMessage, registration: StoredRegistration): Promise<StoredMessage> {
    const progress = new MessageProgress(message);
    progress.link(registration, registration.changedAt);
    const { stored, events } = progress.result();
    const { account, id } = registration;
    // The link first, as the message store does it: in another order the two would wait for each other.
    await this.registrations.link(runner, [{ account, id, smsId: stored.state.smsId }]);
    await this.messages.save(runner, [stored]);
    await this.outbox.append(runner, events);
    return stored;
  }
}

const view = (message: StoredMessage | null, registration: StoredRegistration): MessageView =>
  message === null ? viewRegistration(registration) : viewMessage(message.state, registration);

function fresh(account: string, request: RegistrationRequest, now: Instant): Omit<StoredRegistration, 'changedAt'> {
  return { ...request, account, id: randomUUID(), registeredAt: now, linkedSmsId: null, closedAt: null, sequence: 0 };
}
