import { compact } from '../domain/compact.js';
import { derivedId, type EsmsEvent, type EventType, type StatusData } from '../domain/domain-event.js';
import type { MessageView } from '../domain/message-view.js';
import { CURRENCY } from '../domain/money.js';
import type { Recipient } from '../domain/recipient.js';
import { smsIdOfSubject } from '../domain/registration.js';
import { POSITIONS_OF_CHANGE } from '../database/change-sql.js';

/** A view without what is in its row already, and without what is null, false or empty. */
type PackedView = Partial<Omit<MessageView, 'account' | 'smsId' | 'recipient'>>;

/**
 * A row: events of one message that tell of one change. Its JSON is text: nobody but us reads it, and PostgreSQL need not
 * check it.
 */
export interface Change {
  account: string;
  subject: string;
  /** Of the first event; 0 for an event that belongs to no message. 64 bits come from the database as text. */
  sequence: number | string;
  /** null: the ids of events of a message follow from their sequence. */
  id: string | null;
  time: string;
  /** In the order of the events, with commas between. */
  types: string;
  /** An array: of each event everything but the message. */
  facts: string;
  /** The message, as all of the events have it. */
  view: string | null;
  /** Apart from the view, since what leaves the process omits it. */
  recipient?: string | null;
}

/** An event as it is read: its row, and which of its events it is, from 0. */
export interface EventRow extends Change {
  index: number;
}

/** Rows of events in their order; those of one change follow each other. */
export function changesOf(events: readonly EsmsEvent[]): Change[] {
  const changes: EsmsEvent[][] = [];
  for (const event of events) {
    const change = changes.at(-1);
    if (change !== undefined && belongs(event, change)) change.push(event);
    else changes.push([event]);
  }
  return changes.map(changeOf);
}

function belongs(event: EsmsEvent, change: readonly EsmsEvent[]): boolean {
  const [first] = change as [EsmsEvent];
  return (
    event.sequence !== null &&
    first.sequence !== null &&
    event.sequence === first.sequence + change.length &&
    change.length < POSITIONS_OF_CHANGE &&
    event.subject === first.subject &&
    event.account === first.account &&
    event.time === first.time &&
    messageOf(event) === messageOf(first)
  );
}

function changeOf(events: readonly EsmsEvent[]): Change {
  const [first] = events as [EsmsEvent];
  const { account, subject, sequence, id, time } = first;
  const message = messageOf(first);
  const recipient = message?.recipient ?? null;
  return {
    account,
    subject,
    sequence: sequence ?? 0,
    id: sequence === null ? id : null,
    types: events.map(({ type }) => type).join(','),
    time,
    facts: JSON.stringify(events.map(({ data }) => withoutMessage(data))),
    view: message === null ? null : JSON.stringify(compact(message, IN_THE_ROW)),
    recipient: recipient === null ? null : JSON.stringify(recipient),
  };
}

const messageOf = ({ data }: EsmsEvent): MessageView | null => (data as Partial<StatusData>).message ?? null;

function withoutMessage(data: EsmsEvent['data']): object {
  const { message: _message, ...rest } = data as Partial<StatusData>;
  return rest;
}

/** The events of a row; they have their message in common. */
export function eventsOf(change: Change): EsmsEvent[] {
  const { account, subject, time } = change;
  const first = Number(change.sequence);
  const facts = JSON.parse(change.facts) as object[];
  const message = change.view === null ? {} : { message: unpackView(change, change.view) };
  return change.types.split(',').map((type, index) => {
    const sequence = first === 0 ? null : first + index;
    return {
      id: change.id ?? derivedId(account, subject, String(sequence)),
      type: type as EventType,
      account,
      subject,
      sequence,
      time,
      data: { ...message, ...facts[index] } as EsmsEvent['data'],
    };
  });
}

/** The event of a row that was asked for. */
export const eventOfRow = (row: EventRow): EsmsEvent => eventsOf(row)[row.index] as EsmsEvent;

/** What of a view has a column of its own. */
const IN_THE_ROW = ['account', 'smsId', 'recipient'] as const;

const NOTHING: Omit<MessageView, 'account' | 'smsId' | 'recipient' | 'createdAt' | 'updatedAt'> = {
  requestId: null,
  ref: null,
  channel: null,
  typeId: null,
  state: 'pending',
  outcome: null,
  final: false,
  counters: { receivers: null, sent: null, succeeded: null, failed: null },
  price: { amount: null, currency: CURRENCY },
  telco: null,
  oaId: null,
  templateId: null,
  partnerId: null,
  switchSmsId: null,
  error: null,
  registered: false,
  metadata: null,
  contradicted: false,
  anomalies: [],
  sentAt: null,
  reportedAt: null,
};

function unpackView({ account, subject, recipient = null }: Change, view: string): MessageView {
  return {
    smsId: smsIdOfSubject(subject),
    account,
    ...NOTHING,
    ...(JSON.parse(view) as Required<PackedView>),
    recipient: recipient === null ? null : (JSON.parse(recipient) as Recipient),
  };
}
