import { Injectable } from '@nestjs/common';
import type { SqlRunner } from '../database/sql-runner.js';
import type { MessageWork } from './fold-reports.js';
import { type LinkChange, type LinkedElsewhere, linkChanges, linkedElsewhere } from './link-registrations.js';
import { MessageRecords } from './message-records.js';
import { RegistrationLinks } from './registration-links.js';
import { RegistrationRecords } from './registration-records.js';
import { messageKey, type StoredMessage, type StoredRegistration } from './stored-message.js';

/** Messages with their registrations, and the keys of those that must be left alone for now. */
interface Linked {
  works: MessageWork[];
  busy: ReadonlySet<string>;
}

/** Gives the messages of a transaction their registrations. Waits for nobody. */
@Injectable()
export class RegistrationLinker {
  constructor(
    private readonly messages: MessageRecords,
    private readonly links: RegistrationLinks,
    private readonly registrations: RegistrationRecords,
  ) {}

  /** Works with what they are linked to, and further ones for messages that lose their registration to one of these. */
  async link(
    runner: SqlRunner,
    works: readonly MessageWork[],
    registrations: readonly StoredRegistration[],
  ): Promise<Linked> {
    if (registrations.length === 0) return { works: [...works], busy: new Set() };
    const elsewhere = await this.links.firstReports(runner, linkedElsewhere(works, registrations));
    const changes = linkChanges(works, registrations, elsewhere);
    const present = new Set(works.map(({ stored: { state } }) => messageKey(state)));
    const absent = changes.flatMap(messagesOf).filter((message) => !present.has(messageKey(message)));
    const others = await this.#lock(runner, absent, elsewhere);
    const isFree = (change: LinkChange): boolean =>
      messagesOf(change).every((message) => present.has(messageKey(message)) || others.has(messageKey(message)));
    const free = apart(changes, new Set(changes.filter((change) => !isFree(change))));
    const held = apart(free.made, await this.#hold(runner, free.made));
    const made = apart(held.made, await this.#write(runner, held.made));
    const all = [...works, ...[...others.values()].map(workOf)];
    return {
      works: all.map((work) => withLink(work, registrations, made.made)).filter(isWork),
      busy: new Set([...free.busy, ...held.busy, ...made.busy].filter((key) => present.has(key))),
    };
  }

  /** Those that are as they were when they were looked at, and that nobody else holds. */
  async #lock(
    runner: SqlRunner,
    messages: readonly { account: string; smsId: string }[],
    elsewhere: readonly LinkedElsewhere[],
  ): Promise<Map<string, StoredMessage>> {
    if (messages.length === 0) return new Map();
    const { locked } = await this.messages.tryLock(runner, messages);
    const known = new Map(elsewhere.map((each) => [messageKey(each), each.firstReportAt]));
    const same = locked.filter(({ state }) => known.get(messageKey(state)) === state.firstReportAt);
    return new Map(same.map((message) => [messageKey(message.state), message]));
  }

  /** Where registrations move: gives the changes that cannot be made, since others hold or changed what they need. */
  async #hold(runner: SqlRunner, changes: readonly LinkChange[]): Promise<Set<LinkChange>> {
    if (changes.every(({ registration }) => registration.linkedSmsId === null)) return new Set();
    const requests = changes.flatMap(({ registration: { account }, requestId }) =>
      requestId === null ? [] : [{ account, requestId }],
    );
    const busy = await this.registrations.busyRequests(runner, requests);
    const held = await this.links.hold(
      runner,
      changes.map(({ registration }) => registration),
    );
    const isBusy = ({ registration: { account }, requestId }: LinkChange): boolean =>
      busy.some((each) => each.account === account && each.requestId === requestId);
    return new Set(changes.filter((change) => !held.has(change.registration.id) || isBusy(change)));
  }

  /** Writes the links. Gives the changes that cannot be made, since others hold or linked the registration. */
  async #write(runner: SqlRunner, changes: readonly LinkChange[]): Promise<Set<LinkChange>> {
    const moved = changes.map(({ registration }) => registration).filter(({ linkedSmsId }) => linkedSmsId !== null);
    if (moved.length > 0) await this.links.unlink(runner, moved);
    const linked = await this.links.link(
      runner,
      changes.map(({ registration: { account, id }, smsId }) => ({ account, id, smsId })),
    );
    return new Set(changes.filter(({ registration }) => !linked.has(registration.id)));
  }
}

/** The changes without those that failed and what hangs together with them, and the keys of the messages these touch. */
function apart(
  changes: readonly LinkChange[],
  failed: ReadonlySet<LinkChange>,
): { made: LinkChange[]; busy: string[] } {
  const groupOf = ({ registration: { account, id }, requestId }: LinkChange): string =>
    requestId === null ? id : `${account}\0${requestId}`;
  const groups = new Set([...failed].map(groupOf));
  const left = changes.filter((change) => groups.has(groupOf(change)));
  return {
    made: changes.filter((change) => !groups.has(groupOf(change))),
    busy: left.flatMap(messagesOf).map(messageKey),
  };
}

/** The message that a registration gets, and the one that it had. */
function messagesOf({
  registration: { account, linkedSmsId },
  smsId,
}: LinkChange): { account: string; smsId: string }[] {
  return [smsId, linkedSmsId].filter((each) => each !== null).map((each) => ({ account, smsId: each }));
}

function withLink(
  work: MessageWork,
  registrations: readonly StoredRegistration[],
  changes: readonly LinkChange[],
): MessageWork {
  const { account, smsId } = work.stored.state;
  const registration = registrations.find((each) => each.account === account && each.linkedSmsId === smsId) ?? null;
  const stored = { ...work.stored, registration };
  const isOurs = (change: LinkChange): boolean => change.registration.account === account;
  const gained = changes.find((change) => isOurs(change) && change.smsId === smsId);
  const lost = changes.find((change) => isOurs(change) && change.registration.linkedSmsId === smsId);
  if (gained !== undefined) {
    const linked = { ...gained.registration, linkedSmsId: smsId, closedAt: null };
    return { ...work, stored, link: { registration: linked, at: gained.at } };
  }
  return { ...work, stored, link: lost === undefined ? null : { registration: null, at: lost.at } };
}

/** Whether there is anything to be done about a message. */
const isWork = ({ incoming, link }: MessageWork): boolean => incoming.length > 0 || link !== null;

const workOf = (stored: StoredMessage): MessageWork => ({ stored, incoming: [], known: [], kept: null, link: null });
