import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { isAway } from '../database/is-away.js';
import { isPermanent } from '../database/is-permanent.js';
import type { SqlRunner } from '../database/sql-runner.js';
import type { Clock } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { Outbox } from '../events/outbox.js';
import { registrationMeant } from './complete-registration.js';
import { MessageRecords } from './message-records.js';
import { refusable } from './refusable.js';
import {
  type BookEntries,
  NotHeld,
  type RecipientComparison,
  type Registered,
  RegistrationBook,
} from './registration-book.js';
import { RegistrationRaced, RegistrationRecords } from './registration-records.js';
import type { RegistrationRequest } from './registration-request.js';
import type { StoredMessage, StoredRegistration } from './stored-message.js';

const ATTEMPTS = 4;

/** What a transaction was asked, and what it found at first. */
interface Asked {
  account: string;
  requests: readonly RegistrationRequest[];
  compare: RecipientComparison | undefined;
  found: readonly StoredRegistration[];
}

interface Made {
  answers: (Registered | EsmsError)[];
  entries: BookEntries;
}

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

  /**
   * Registers messages in one transaction, one after the other; each has an answer of its own, `registration_conflict`
   * where it contradicts an earlier one. Throws `database_away`.
   */
  async register(
    account: string,
    requests: readonly RegistrationRequest[],
    compare?: RecipientComparison,
  ): Promise<(Registered | EsmsError)[]> {
    const answers = await this.database.reached(() => this.#registerAnyhow(account, requests, compare));
    this.outbox.announce();
    return answers;
  }

  async #registerAnyhow(
    account: string,
    requests: readonly RegistrationRequest[],
    compare?: RecipientComparison,
  ): Promise<(Registered | EsmsError)[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.transaction((runner) => this.registerIn(runner, account, requests, compare));
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
    requests: readonly RegistrationRequest[],
    compare?: RecipientComparison,
  ): Promise<(Registered | EsmsError)[]> {
    const found = await this.#find(runner, account, requests);
    const asked = { account, requests, compare, found };
    const { answers, entries } = await this.#register(runner, asked, meantBy(requests, found));
    await this.registrations.save(runner, entries.registrations);
    // The links first, as the message store does it: in another order the two would wait for each other.
    await this.registrations.link(runner, entries.links);
    await this.messages.save(runner, entries.messages);
    await this.outbox.append(runner, entries.events);
    return answers;
  }

  /** What the requests make; where they come upon a registration that is not held yet, it is, and all is made anew. */
  async #register(runner: SqlRunner, asked: Asked, meant: readonly StoredRegistration[]): Promise<Made> {
    const { account, requests, compare, found } = asked;
    const held = await this.registrations.hold(runner, meant);
    const messages = await this.#holdMessages(runner, asked, held);
    const others = found.filter(({ id }) => held.every((each) => each.id !== id));
    const book = new RegistrationBook(account, { held, others, messages });
    try {
      const answers = requests.map((request) => refusable(() => book.register(request, this.clock.now(), compare)));
      return { answers, entries: book.entries() };
    } catch (error) {
      if (!(error instanceof NotHeld)) throw error;
      return this.#register(runner, asked, [...held, error.registration]);
    }
  }

  async #find(
    runner: SqlRunner,
    account: string,
    requests: readonly RegistrationRequest[],
  ): Promise<StoredRegistration[]> {
    const requestIds = named(account, 'requestId', requests);
    await this.registrations.lockRequests(runner, requestIds);
    return this.registrations.find(runner, {
      smsIds: named(account, 'smsId', requests),
      requestIds,
      refs: named(account, 'ref', requests),
    });
  }

  /** The messages that the registrations and requests may be about, locked in the order in which everybody does. */
  async #holdMessages(
    runner: SqlRunner,
    { account, requests }: Asked,
    held: readonly StoredRegistration[],
  ): Promise<StoredMessage[]> {
    const linked = held.flatMap(({ linkedSmsId, smsId }) => linkedSmsId ?? smsId ?? []);
    const stated = named(account, 'smsId', requests).map(({ smsId }) => smsId);
    const waiting = held.filter(({ linkedSmsId, smsId }) => linkedSmsId === null && smsId === null);
    const requested = await this.messages.requested(runner, carriersWanted(account, [...requests, ...waiting]));
    const smsIds = [...new Set([...linked, ...stated, ...requested])].toSorted();
    const names = smsIds.map((smsId) => ({ account, smsId }));
    const locked = names.length === 0 ? [] : await this.messages.lock(runner, names);
    const isFree = (smsId: string): boolean =>
      locked.some(({ state }) => state.smsId === smsId && state.registeredAt === null);
    if (!requested.every(isFree)) throw new RegistrationRaced();
    const absent = names.filter(({ smsId }) => locked.every(({ state }) => state.smsId !== smsId));
    if (absent.length > 0) await this.messages.holdAbsent(runner, absent);
    return locked;
  }
}

/** The registrations that the requests mean, as far as one can say before any of them was taken. */
function meantBy(requests: readonly RegistrationRequest[], found: readonly StoredRegistration[]): StoredRegistration[] {
  const meant = requests.flatMap((request) => {
    const each = refusable(() => registrationMeant(request, found));
    return each === null || each instanceof EsmsError ? [] : [each];
  });
  return [...new Set(meant)];
}

/** How many messages of each RequestId the registrations may need. */
function carriersWanted(
  account: string,
  registrations: readonly { requestId: string | null }[],
): { account: string; requestId: string; wanted: number }[] {
  const counts = new Map<string, number>();
  for (const { requestId } of registrations) {
    if (requestId !== null) counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
  }
  return [...counts].map(([requestId, wanted]) => ({ account, requestId, wanted }));
}

function named<Name extends 'smsId' | 'requestId' | 'ref'>(
  account: string,
  name: Name,
  requests: readonly RegistrationRequest[],
): ({ account: string } & Record<Name, string>)[] {
  const given = new Set(requests.flatMap((request) => request[name] ?? []));
  return [...given].map((value) => ({ account, [name]: value }) as { account: string } & Record<Name, string>);
}
