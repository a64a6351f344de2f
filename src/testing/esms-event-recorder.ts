import { Injectable } from '@nestjs/common';
import type { EsmsEvent, EventType } from '../domain/domain-event.js';
import { OnEsmsEvent } from '../events/on-esms-event.js';

/** Which event is waited for, and how long. */
export interface NextEventOptions {
  /** Of this message only. @default of any */
  smsId?: string;
  /** In milliseconds. @default 10_000 */
  timeout?: number;
}

interface Waiting {
  wanted: (event: EsmsEvent) => boolean;
  resolve: (event: EsmsEvent) => void;
}

const TIMEOUT_MS = 10_000;

/**
 * Keeps every event that reaches the application, for a test to wait for: put it among the providers of the test's
 * module, and get it from there.
 */
@Injectable()
export class EsmsEventRecorder {
  readonly #events: EsmsEvent[] = [];
  readonly #unseen: EsmsEvent[] = [];
  readonly #waiting = new Set<Waiting>();

  /** Everything so far, in the order of its coming. */
  get events(): readonly EsmsEvent[] {
    return this.#events;
  }

  /**
   * The next event of a type that no call gave yet: one that came already, else the first that comes. Rejects after a
   * time with an error that names what came instead.
   */
  next<Type extends EventType>(
    type: Type,
    { smsId, timeout = TIMEOUT_MS }: NextEventOptions = {},
  ): Promise<EsmsEvent<Type>> {
    const wanted = (event: EsmsEvent): boolean =>
      event.type === type && (smsId === undefined || event.subject === smsId);
    const index = this.#unseen.findIndex(wanted);
    if (index !== -1) return Promise.resolve(this.#unseen.splice(index, 1)[0] as EsmsEvent<Type>);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        wanted,
        resolve: (event) => {
          clearTimeout(timer);
          resolve(event as EsmsEvent<Type>);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        const whose = smsId === undefined ? '' : ` of ${smsId}`;
        reject(new Error(`no ${type}${whose} came within ${timeout} ms; unseen are: ${this.#unseenTypes()}`));
      }, timeout);
      this.#waiting.add(waiting);
    });
  }

  /** Called by the dispatcher. */
  @OnEsmsEvent('*', { subscriber: 'esms-event-recorder' })
  record(event: EsmsEvent): void {
    this.#events.push(event);
    const waiting = [...this.#waiting].find(({ wanted }) => wanted(event));
    if (waiting === undefined) {
      this.#unseen.push(event);
      return;
    }
    this.#waiting.delete(waiting);
    waiting.resolve(event);
  }

  #unseenTypes(): string {
    return this.#unseen.map(({ type, subject }) => `${type} of ${subject}`).join(', ') || 'none';
  }
}
