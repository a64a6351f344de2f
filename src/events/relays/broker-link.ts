import { forLog } from '../../domain/hidden-text.js';
import { LastingCondition } from '../../telemetry/lasting-condition.js';
import { OutageError } from '../outage.js';
import { reasonOf } from '../reason-of.js';
import { WakeableSleep } from '../wakeable-sleep.js';
import { inTime } from './in-time.js';
import { type OpenSession, type RelayMessage, type RelaySession, UndeliverableError } from './relay.js';

/** Shorter than a handler's time: what is late must end as an outage, not as an attempt. */
const ACKNOWLEDGED_WITHIN_MS = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A session that is lost wakes whoever opens the next one; this is only for what nobody has thought of. */
const LOOK_INTERVAL_MS = 60_000;

/** What a link tells an operator of. */
export interface LinkLog {
  error(line: string): void;
  log(line: string): void;
}

/**
 * A broker, by one session at a time: opened at the start, so that what consumers bind to is declared before the first
 * event, and opened anew whenever it is lost; dropped at the first sign that it is not well, for nothing that was not
 * acknowledged is lost. Everything but a fault of the message itself is an outage.
 */
export class BrokerLink {
  #session: Promise<RelaySession> | null = null;
  readonly #closing = new Set<Promise<void>>();
  readonly #sleep = new WakeableSleep();
  readonly #outage = new LastingCondition();
  #keeping: Promise<void> = Promise.resolve();
  #stopping = false;

  /**
   * @param open connects and declares
   * @param log told once of each reason for which the broker cannot be used, and when it can again
   */
  constructor(
    private readonly open: OpenSession,
    private readonly log: LinkLog,
  ) {}

  /** Connects in the background, and sees to it that there is a session until the link is closed. */
  start(): void {
    this.#keeping = this.#keep();
  }

  /** Ends when the broker has the message. Throws {@link UndeliverableError} or {@link OutageError}. */
  async publish(message: RelayMessage): Promise<void> {
    this.#session ??= this.#connect();
    const session = this.#session;
    const { publish } = await session.catch((error: unknown) => {
      // Why, the log says already, and once.
      throw new OutageError(reasonOf(error), { cause: error, isTold: true });
    });
    try {
      await inTime(publish(message), ACKNOWLEDGED_WITHIN_MS, 'no acknowledgement');
    } catch (error) {
      if (error instanceof UndeliverableError) throw error;
      this.#drop(session);
      throw new OutageError(reasonOf(error), { cause: error });
    }
  }

  /** Ends when no handle is left. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#sleep.wake();
    if (this.#session !== null) this.#drop(this.#session);
    await Promise.all([this.#keeping, ...this.#closing]);
  }

  async #keep(): Promise<void> {
    for (let wait = FIRST_WAIT_MS; !this.#stopping; ) {
      this.#session ??= this.#connect();
      const isOpen = await this.#session.then(
        () => true,
        () => false,
      );
      if (isOpen) await this.#sleep.for(LOOK_INTERVAL_MS);
      wait = isOpen ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
      // Not all processes at once, and not at once where a broker takes a connection only to end it.
      if (!this.#stopping && !(isOpen && this.#session !== null))
        await this.#sleep.for(wait * (0.5 + Math.random() / 2));
    }
  }

  #connect(): Promise<RelaySession> {
    const opening = this.open();
    const drop = (): void => this.#drop(opening);
    void opening.then(
      () => this.#tellOfEnd(),
      (error: unknown) => this.#tell(reasonOf(error)),
    );
    opening.then(({ lost }) => lost).then(drop, drop);
    return opening;
  }

  #tell(reason: string): void {
    if (this.#stopping || !this.#outage.holds(reason)) return;
    this.log.error(`the broker cannot be used, events wait: ${forLog(reason)}`);
  }

  #tellOfEnd(): void {
    if (this.#outage.ended()) this.log.log('the broker can be used again');
  }

  /** Only the session that failed: others may have found out earlier, and there is a new one. */
  #drop(session: Promise<RelaySession>): void {
    if (this.#session !== session) return;
    this.#session = null;
    const closing = session.then(
      (opened) => {
        this.#sleep.wake();
        return opened.close();
      },
      () => undefined,
    );
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}
