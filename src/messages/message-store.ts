import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import type { SqlRunner, Transaction } from '../database/sql-runner.js';
import { groupBy } from '../domain/group-by.js';
import { emptyMessage } from '../domain/message-state.js';
import type { Report } from '../domain/report.js';
import { Outbox } from '../events/outbox.js';
import { CountedLine } from '../telemetry/counted-line.js';
import { type FoldedMessage, foldReports, type MessageWork } from './fold-reports.js';
import { MessageRecords } from './message-records.js';
import type { ReceivedReport } from './received-report.js';
import { ReceiptRecords } from './receipt-records.js';
import { RegistrationLinker } from './registration-linker.js';
import { RegistrationRecords } from './registration-records.js';
import { messageKey, type StoredMessage } from './stored-message.js';

/** What became of some reports. */
export interface Applied {
  /** How many events they raised. */
  events: number;
  /** Those that were not stored, since another transaction holds their message or what links it: to be brought again. */
  busy: ReceivedReport[];
}

/** What a transaction works on, and the keys of the messages that it must leave alone. */
interface Prepared {
  works: MessageWork[];
  busy: ReadonlySet<string>;
}

/** The one place where reports change messages: lock, merge in memory, write, all in the caller's transaction. */
@Injectable()
export class MessageStore {
  readonly #logger = new Logger('EsmsMessages');
  readonly #many = new CountedLine((line) => this.#logger.warn(line));

  constructor(
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    private readonly messages: MessageRecords,
    private readonly receipts: ReceiptRecords,
    private readonly registrations: RegistrationRecords,
    private readonly linker: RegistrationLinker,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Stores reports of any messages, copies and all, and ends the transaction. Waits for nobody: what others hold is left
   * out and told. Fails where another one made one of the messages meanwhile: it must be run again.
   */
  async apply(transaction: Transaction, received: readonly ReceivedReport[]): Promise<Applied> {
    const { works, busy } = await this.#prepare(transaction, received);
    const folded = await this.#fold(transaction, works);
    const events = folded.flatMap((each) => each.events);
    const changed = folded.filter((each) => each.changed);
    // Messages first: where two transactions make one message, there the later one learns of it.
    await transaction.commitWith([
      ...this.messages.writes(changed.map(({ stored }) => stored)),
      ...this.receipts.adds(folded.flatMap(({ receipts }) => receipts)),
      ...this.receipts.repeats(folded.flatMap(({ repeated }) => repeated)),
      ...this.outbox.appends(events),
    ]);
    this.#alarm(folded);
    return { events: events.length, busy: received.filter(({ report }) => busy.has(messageKey(report))) };
  }

  /** Locks what exists and is free, and gathers what is known, for each message once. */
  async #prepare(runner: SqlRunner, received: readonly ReceivedReport[]): Promise<Prepared> {
    const reports = received.map(({ report }) => report);
    const incoming = groupBy(received, ({ report }) => messageKey(report));
    const names = [...incoming.values()].map(([first]) => nameOf(first as ReceivedReport));
    const requests = requestsOf(reports);
    const [busyRequests, { locked, busy: busyMessages }, named] = await Promise.all([
      this.registrations.busyRequests(runner, requests),
      this.messages.tryLock(runner, names),
      this.registrations.find(runner, { smsIds: names, requestIds: requests, refs: [] }),
    ]);
    const busy = new Set([...busyMessages.map(messageKey), ...carriersOf(busyRequests, reports)]);
    for (const key of busy) incoming.delete(key);
    const stored = new Map(locked.map((message) => [messageKey(message.state), message]));
    // Not of a message that another transaction makes just now: its receipts may be seen already, its row was not.
    const ofLocked = reports.filter((report) => stored.has(messageKey(report)));
    const known = groupBy(ofLocked.length === 0 ? [] : await this.receipts.known(runner, ofLocked), messageKey);
    const requested = await this.registrations.find(runner, {
      smsIds: [],
      requestIds: requestsKnown(locked),
      refs: [],
    });
    const registrations = [...new Map([...named, ...requested].map((each) => [each.id, each])).values()];
    const works = [...incoming].map(
      ([key, own]): MessageWork => ({
        stored: stored.get(key) ?? newMessage(nameOf(own[0] as ReceivedReport)),
        incoming: own,
        known: known.get(key) ?? [],
        kept: null,
        link: null,
      }),
    );
    const linked = await this.linker.link(runner, works, registrations);
    for (const key of linked.busy) busy.add(key);
    return { works: linked.works.filter(({ stored: { state } }) => !busy.has(messageKey(state))), busy };
  }

  /** Reads all reports again only for those messages that cannot be merged without. */
  async #fold(runner: SqlRunner, works: readonly MessageWork[]): Promise<FoldedMessage[]> {
    const first = works.map((work) => ({ work, folded: foldReports(work) }));
    const short = first.filter(({ folded }) => folded === null).map(({ work }) => work.stored.state);
    const kept = short.length === 0 ? [] : await this.receipts.reportsOf(runner, short);
    return first.map(({ work, folded }) => folded ?? foldWith(work, kept));
  }

  #alarm(folded: readonly FoldedMessage[]): void {
    const { reportsAlarm } = this.options;
    for (const { stored, receipts } of folded) {
      if (receipts.length > 0 && stored.state.reports > reportsAlarm) {
        const { account, smsId, reports } = stored.state;
        this.#many.note(`SMSID ${JSON.stringify(smsId)} of account ${account} has ${reports} distinct reports`);
      }
    }
  }
}

function foldWith(work: MessageWork, kept: readonly Report[]): FoldedMessage {
  const own = kept.filter((report) => messageKey(report) === messageKey(work.stored.state));
  const folded = foldReports({ ...work, kept: own });
  if (folded === null) throw new TypeError('a message cannot be derived from all its reports');
  return folded;
}

const nameOf = ({ report: { account, smsId } }: ReceivedReport): { account: string; smsId: string } => ({
  account,
  smsId,
});

/** The keys of the messages whose reports carry one of these RequestIds. */
function carriersOf(requests: readonly { account: string; requestId: string }[], reports: readonly Report[]): string[] {
  const isGiven = (report: Report): boolean =>
    requests.some(({ account, requestId }) => account === report.account && requestId === report.requestId);
  return requests.length === 0 ? [] : reports.filter(isGiven).map(messageKey);
}

const newMessage = ({ account, smsId }: { account: string; smsId: string }): StoredMessage => ({
  state: emptyMessage(account, smsId),
  version: 0,
  sequence: 0,
  registration: null,
});

const requestsOf = (reports: readonly Report[]): { account: string; requestId: string }[] =>
  reports.flatMap(({ account, requestId }) => (requestId === null ? [] : [{ account, requestId }]));

const requestsKnown = (messages: readonly StoredMessage[]): { account: string; requestId: string }[] =>
  messages.flatMap(({ state: { account, facts } }) =>
    facts.requestId === undefined ? [] : [{ account, requestId: facts.requestId.value }],
  );
