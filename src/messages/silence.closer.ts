import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { type Instant, shiftInstant } from '../domain/clock.js';
import { closeMessage } from '../domain/message-state.js';
import { Outbox } from '../events/outbox.js';
import { MessageProgress } from './message-progress.js';
import { MessageRecords } from './message-records.js';
import { RegistrationRecords } from './registration-records.js';
import type { StoredMessage } from './stored-message.js';

const BATCH = 200;
const INTERVAL_MS = 60_000;

/** Closes messages that nobody reported on for too long (design §3, Silence). Any number of processes may run it. */
@Injectable()
export class SilenceCloser implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsSilence');
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

  /** Closes everything that is due. Gives the number of messages closed. */
  async close(): Promise<number> {
    for (let closed = 0; ; ) {
      const batch = await this.database.transaction((runner) => this.#closeBatch(runner));
      closed += batch;
      if (batch > 0) this.outbox.announce();
      if (batch < BATCH || this.#stopping) return closed;
    }
  }

  async #sweep(): Promise<void> {
    if (!this.database.isReady) return;
    try {
      await this.close();
    } catch (error) {
      this.#logger.warn(`sweep failed, trying again: ${(error as Error).message}`);
    }
  }

  async #closeBatch(runner: SqlRunner): Promise<number> {
    // Not the clock of this machine: had it jumped ahead, messages would be closed that are still under way.
    const [{ now }] = (await rowsOf<{ now: Instant }>(runner, `select ${instantSql('now()', 'now')}`)) as [
      { now: Instant },
    ];
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
}

function closedProgress(message: StoredMessage, now: string): ReturnType<MessageProgress['result']> {
  const progress = new MessageProgress(message);
  progress.advance(closeMessage(message.state, now), now);
  return progress.result();
}
