import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { type Instant, shiftInstant } from '../domain/clock.js';
import { closeMessage } from '../domain/message-state.js';
import { Outbox } from '../events/outbox.js';
import { closeRegistration } from './close-registration.js';
import { MessageProgress } from './message-progress.js';
import { MessageRecords } from './message-records.js';
import { RegistrationRecords } from './registration-records.js';
import type { StoredMessage } from './stored-message.js';

const BATCH = 200;
const INTERVAL_MS = 60_000;

/** Closes messages, and registrations that wait for theirs, that nobody reported on for too long (design §3, Silence). Any number of processes may run it. */
@Injectable()
export class SilenceCloser implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | null = null;
  #stopping = false;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    private readonly database: Database,
    private readonly messages: MessageRecords,
    private readonly registrations: RegistrationRecords,
    private readonly outbox: Outbox,
  ) {}

  onApplicationBootstrap(): void {
    // Closed while it was being started.
    if (this.#stopping) return;
    this.#timer = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.#sweep());
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** Closes everything that is due. Gives the number of messages and registrations closed. */
  async close(): Promise<number> {
    const messages = await this.#closeAll((runner, now) => this.#closeMessages(runner, now));
    return messages + (await this.#closeAll((runner, now) => this.#closeRegistrations(runner, now)));
  }

  async #closeAll(closeBatch: (runner: SqlRunner, now: Instant) => Promise<number>): Promise<number> {
    for (let closed = 0; ; ) {
      const batch = await this.database.transaction(async (runner) => closeBatch(runner, await nowOf(runner)));
      closed += batch;
      if (batch > 0) this.outbox.announce();
      if (batch < BATCH || this.#stopping) return closed;
    }
  }

  async #sweep(): Promise<void> {
    if (!this.database.isReady) return;
    await this.database.background.attempt('closing what is silent', () => this.close());
  }

  async #closeMessages(runner: SqlRunner, now: Instant): Promise<number> {
    const due = await this.messages.lockSilent(runner, shiftInstant(now, -this.options.silenceMs), BATCH);
    const smsIds = due.map(({ state: { account, smsId } }) => ({ account, smsId }));
    const registrations = await this.registrations.find(runner, { smsIds, requestIds: [], refs: [] });
    const closed = due.map((message) => {
      const { account, smsId } = message.state;
      const registration = registrations.find((each) => each.account === account && each.linkedSmsId === smsId) ?? null;
      return closedProgress({ ...message, registration }, now);
    });
    await this.messages.save(
      runner,
      closed.map(({ stored }) => stored),
    );
    await this.outbox.append(
      runner,
      closed.flatMap(({ events }) => events),
    );
    return due.length;
  }

  async #closeRegistrations(runner: SqlRunner, now: Instant): Promise<number> {
    const due = await this.registrations.lockSilent(runner, shiftInstant(now, -this.options.silenceMs), BATCH);
    const closings = due.map((registration) => closeRegistration(registration, now));
    await this.registrations.saveClosed(
      runner,
      closings.map(({ closed }) => closed),
    );
    await this.outbox.append(
      runner,
      closings.map(({ event }) => event),
    );
    return due.length;
  }
}

/** By the clock of PostgreSQL: had this machine's jumped ahead, what is still under way would be closed. */
async function nowOf(runner: SqlRunner): Promise<Instant> {
  const [row] = await rowsOf<{ now: Instant }>(runner, `select ${instantSql('now()', 'now')}`);
  return (row as { now: Instant }).now;
}

function closedProgress(message: StoredMessage, now: string): ReturnType<MessageProgress['result']> {
  const progress = new MessageProgress(message);
  progress.advance(closeMessage(message.state, now), now);
  return progress.result();
}
