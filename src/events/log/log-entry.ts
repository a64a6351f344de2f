import type { EsmsEvent, EventType } from '../../domain/domain-event.js';
import { type EventRow, eventOfRow } from '../event-row.js';

/** An event of the log as it is read: its JSON as text, null where nobody in this process wants its type. */
export interface LogRow extends Pick<EventRow, 'account' | 'subject' | 'id' | 'sequence' | 'time'> {
  position: string;
  type: EventType;
  data: string | null;
  view: string | null;
  recipient: string | null;
}

/** One event of the log; every reader of the process gets the same object, so nothing in it can be changed. */
export class LogEntry {
  readonly position: number;
  readonly account: string;
  readonly subject: string;
  readonly sequence: number;
  readonly type: EventType;
  readonly #row: LogRow;
  #event: EsmsEvent | null = null;

  constructor(row: LogRow) {
    this.position = Number(row.position);
    this.account = row.account;
    this.subject = row.subject;
    this.sequence = Number(row.sequence);
    this.type = row.type;
    this.#row = row;
  }

  /** Made at the first call. Throws for an event that was read without its content. */
  get event(): EsmsEvent {
    this.#event ??= frozen(this.#parse());
    return this.#event;
  }

  /** Names the message. */
  get message(): string {
    return `${this.account} ${this.subject}`;
  }

  #parse(): EsmsEvent {
    const { position: _position, data, view, recipient, ...rest } = this.#row;
    if (data === null) throw new Error(`event ${rest.id} was read without its content`);
    return eventOfRow({
      ...rest,
      data: JSON.parse(data) as object,
      view: parsed(view) as Required<EventRow>['view'],
      recipient: parsed(recipient) as Required<EventRow>['recipient'],
    });
  }
}

const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json));

function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
