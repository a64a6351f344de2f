import { chargeOf, costChange } from '../domain/charge.js';
import type { Instant } from '../domain/clock.js';
import { derivedId, type EsmsEvent, type EventData, messageEvent } from '../domain/domain-event.js';
import { changesBetween } from '../domain/message-change.js';
import type { MessageState } from '../domain/message-state.js';
import { viewMessage } from '../domain/message-view.js';
import type { StoredMessage, StoredRegistration } from './stored-message.js';

/** A message on its way through a transaction, with the events it raises. */
export class MessageProgress {
  readonly #events: EsmsEvent[] = [];
  #stored: StoredMessage;
  #changed: boolean;

  constructor(stored: StoredMessage) {
    this.#stored = stored;
    this.#changed = stored.version === 0;
  }

  get state(): MessageState {
    return this.#stored.state;
  }

  /** Goes to the next state and raises an event for each change. */
  advance(state: MessageState, time: Instant): void {
    const changes = changesBetween(this.state, state, this.#stored.registration);
    this.#stored = { ...this.#stored, state };
    this.#changed = true;
    if (changes.length === 0) return;
    const view = viewMessage(state, this.#stored.registration);
    for (const change of changes) this.#raise(messageEvent(view, state.facts.proof?.value ?? null, change), time);
  }

  /**
   * Links a registration, takes over its new fields, or (null) loses it to a message that was received before; what it
   * was linked with before, if it was, is in `stored`.
   */
  link(registration: StoredRegistration | null, time: Instant): void {
    const { registeredAt = null, changedAt = null, scheduledFor = null } = registration ?? {};
    const before = chargeOf(this.state, this.#stored.registration);
    const state = { ...this.state, registeredAt, registrationChangedAt: changedAt, scheduledFor };
    this.#stored = { ...this.#stored, state, registration };
    this.#changed = true;
    const message = viewMessage(state, registration);
    this.#raise({ type: 'message.registered', data: { message } }, time);
    const cost = costChange(before, chargeOf(state, registration));
    if (cost !== null) this.#raise(messageEvent(message, state.facts.proof?.value ?? null, cost), time);
  }

  /** What is to be written; `changed`: whether the row of the message is. */
  result(): { stored: StoredMessage; changed: boolean; events: EsmsEvent[] } {
    return { stored: this.#stored, changed: this.#changed, events: this.#events };
  }

  #raise({ type, data }: { type: EsmsEvent['type']; data: EventData[EsmsEvent['type']] }, time: Instant): void {
    const { account, smsId } = this.state;
    const sequence = this.#stored.sequence + 1;
    this.#stored = { ...this.#stored, sequence };
    const id = derivedId(account, smsId, String(sequence));
    this.#events.push({ id, type, account, subject: smsId, sequence, time, data });
  }
}
