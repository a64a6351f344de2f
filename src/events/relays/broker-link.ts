import { OutageError } from '../outage.js';
import { reasonOf } from '../reason-of.js';
import { inTime } from './in-time.js';
import { type OpenSession, type RelayMessage, type RelaySession, UndeliverableError } from './relay.js';

/** Shorter than a handler's time: what is late must end as an outage, not as an attempt. */
const ACKNOWLEDGED_WITHIN_MS = 5_000;

/**
 * A broker, by one session at a time: opened when a message needs it, dropped at the first sign that it is not well, for
 * nothing that was not acknowledged is lost. Everything but a fault of the message itself is an outage.
 */
export class BrokerLink {
  #session: Promise<RelaySession> | null = null;
  readonly #closing = new Set<Promise<void>>();

  constructor(private readonly open: OpenSession) {}

  /** Ends when the broker has the message. Throws {@link UndeliverableError} or {@link OutageError}. */
  async publish(message: RelayMessage): Promise<void> {
    this.#session ??= this.#connect();
    const session = this.#session;
    try {
      const { publish } = await session;
      await inTime(publish(message), ACKNOWLEDGED_WITHIN_MS, 'no acknowledgement');
    } catch (error) {
      if (error instanceof UndeliverableError) throw error;
      this.#drop(session);
      throw new OutageError(reasonOf(error), { cause: error });
    }
  }

  /** Ends when no handle is left. */
  async close(): Promise<void> {
    if (this.#session !== null) this.#drop(this.#session);
    await Promise.all(this.#closing);
  }

  #connect(): Promise<RelaySession> {
    const opening = this.open();
    const drop = (): void => this.#drop(opening);
    opening.then(({ lost }) => lost).then(drop, drop);
    return opening;
  }

  /** Only the session that failed: others may have found out earlier, and there is a new one. */
  #drop(session: Promise<RelaySession>): void {
    if (this.#session !== session) return;
    this.#session = null;
    const closing = session.then(
      (opened) => opened.close(),
      () => undefined,
    );
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}
