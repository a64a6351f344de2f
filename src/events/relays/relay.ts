import type { EventType } from '../../domain/domain-event.js';
import type { EventContent } from './event-content.js';

/** An event on its way to a broker. */
export interface RelayMessage {
  /** The event's: a copy has the same. */
  id: string;
  type: EventType;
  content: EventContent;
}

/** A connection to a broker that is ready for messages. */
export interface RelaySession {
  /** Ends with the connection, whatever ended it. */
  readonly lost: Promise<unknown>;
  /**
   * Ends when the broker has taken the message for certain. Throws {@link UndeliverableError} where this message is at
   * fault; anything else that it throws is taken for an outage.
   */
  readonly publish: (message: RelayMessage) => Promise<void>;
  /** Leaves no handle behind, and waits for the other end only shortly. Does not throw. */
  readonly close: () => Promise<void>;
}

/** Connects; ends within seconds one way or the other, and leaves nothing behind where it fails. */
export type OpenSession = () => Promise<RelaySession>;

/** What a broker says of one message: tried again, and parked when its attempts are over. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError';
}
