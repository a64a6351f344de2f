import type { EsmsEvent, EventData, EventType } from '../domain/domain-event.js';
import type { MessageView } from '../domain/message-view.js';
import type { Recipient } from '../domain/recipient.js';

/** A message as it leaves the process: who it went to is there only where an option says so. */
export type OutgoingMessage = Omit<MessageView, 'recipient'> & { recipient?: Recipient | null };

/** The data of an event as it leaves the process. */
export type OutgoingData<Type extends EventType = EventType> = Type extends 'receipt.quarantined'
  ? EventData[Type]
  : Omit<EventData[Type], 'message'> & { message: OutgoingMessage };

/** The context attributes of an event: everything but its data. */
export interface CloudEventContext {
  specversion: '1.0';
  id: string;
  /** `/nestjs-esms/accounts/default` */
  source: string;
  /** `vn.nestjs-esms.message.delivered.v1` */
  type: string;
  /** The SMSID, `registration:` and an id, or of `receipt.quarantined` the quarantine item's id. */
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  account: string;
  /** Counts the events of one message from 1, with leading zeros so that texts compare; absent where there is none. */
  sequence?: string;
}

/** An event for other systems, in the JSON format of CloudEvents 1.0. */
export interface CloudEvent<Type extends EventType = EventType> extends CloudEventContext {
  data: OutgoingData<Type>;
}

/** What a relay may tell. */
export interface Disclosure {
  includeRecipient: boolean;
}

const SEQUENCE_DIGITS = 10;

/** The versioned type that the rest of the world knows; a short name means version 1. */
export function cloudEventType(type: EventType): string {
  return `vn.nestjs-esms.${/\.v\d+$/.test(type) ? type : `${type}.v1`}`;
}

/** An event as it leaves the process. */
export function cloudEventOf<Type extends EventType>(
  event: EsmsEvent<Type>,
  { includeRecipient }: Disclosure,
): CloudEvent<Type> {
  const { id, type, account, subject, sequence, time, data } = event;
  return {
    specversion: '1.0',
    id,
    source: `/nestjs-esms/accounts/${account}`,
    type: cloudEventType(type),
    subject,
    time,
    datacontenttype: 'application/json',
    account,
    ...(sequence === null ? {} : { sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0') }),
    data: (includeRecipient ? data : withoutRecipient(data)) as OutgoingData<Type>,
  };
}

function withoutRecipient(data: EventData[EventType]): object {
  if (!('message' in data)) return data;
  const { recipient: _recipient, ...message } = data.message;
  return { ...data, message };
}
