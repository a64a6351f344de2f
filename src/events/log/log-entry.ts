import type { EsmsEvent, EventType } from '../../domain/domain-event.js';
import { type Change, eventsOf } from '../event-row.js';

/** A row of the log as it is read: without its content where nobody in this process wants any of its types. */
export interface LogRow extends Omit<Change, 'facts'> {
  position: string;
  facts: string | null;
}

/** One event of the log; every reader of the process gets the same object, so nothing in it can be changed. */
export class LogEntry {
  readonly position: number;
  readonly account: string;
  readonly subject: string;
  readonly sequence: number;

  constructor(
    private readonly change: LogChange,
    private readonly index: number,
    readonly type: EventType,
  ) {
    this.position = change.position + index;
    this.account = change.row.account;
    this.subject = change.row.subject;
    this.sequence = change.sequence + index;
  }

  /** Whether it is the first of its row. */
  get isFirst(): boolean {
    return this.index === 0;
  }

  /** Made at the first call. Throws for an event that was read without its content. */
  get event(): EsmsEvent {
    return this.change.events[this.index] as EsmsEvent;
  }

  /** Names the message. */
  get message(): string {
    return `${this.account} ${this.subject}`;
  }
}

/** What the events of one row have in common. */
class LogChange {
  readonly position: number;
  readonly sequence: number;
  #events: readonly EsmsEvent[] | null = null;

  constructor(readonly row: LogRow) {
    this.position = Number(row.position);
    this.sequence = Number(row.sequence);
  }

  get events(): readonly EsmsEvent[] {
    this.#events ??= frozen(this.#parse());
    return this.#events;
  }

  #parse(): EsmsEvent[] {
    const { facts, ...row } = this.row;
    if (facts === null) throw new Error(`the events at position ${row.position} were read without their content`);
    return eventsOf({ ...row, facts });
  }
}

/** The events of a row, in their order. */
export function entriesOf(row: LogRow): LogEntry[] {
  const change = new LogChange(row);
  return row.types.split(',').map((type, index) => new LogEntry(change, index, type as EventType));
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
