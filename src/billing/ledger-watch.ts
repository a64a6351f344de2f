import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Accounts } from '../config/accounts.js';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { Database } from '../database/database.js';
import { CURRENCY } from '../domain/money.js';
import { LedgerCheck, type LedgerCheckState } from './ledger-check.js';

const SHORTEST_REST_MS = 1_000;
/** A step may cost a hundredth of the time, however long it takes. */
const REST_PER_WORK = 99;

/** Has the ledger checked all the time, where there is a dispatcher, and says where it stops agreeing, or agrees again. */
@Injectable()
export class LedgerWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('EsmsLedger');
  #timer: NodeJS.Timeout | null = null;
  #stopping = false;
  #working: Promise<void> = Promise.resolve();

  constructor(
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly accounts: Accounts,
    private readonly database: Database,
    private readonly check: LedgerCheck,
  ) {}

  onApplicationBootstrap(): void {
    if (this.structure.dispatcher !== false) this.#rest(SHORTEST_REST_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#working;
  }

  #rest(milliseconds: number): void {
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.#working = this.#work();
    }, milliseconds);
    this.#timer.unref();
  }

  async #work(): Promise<void> {
    const startedAt = performance.now();
    if (this.database.isReady) await this.#step();
    this.#rest(Math.max(SHORTEST_REST_MS, (performance.now() - startedAt) * REST_PER_WORK));
  }

  async #step(): Promise<void> {
    await this.database.background.attempt('checking the ledger', async () => {
      await this.check.begin(this.accounts.names);
      const told = await this.check.step();
      if (told !== null && told !== 'idle') this.#say(told);
    });
  }

  #say({ account, difference, messages, smsId }: Omit<LedgerCheckState, 'checkedAt'>): void {
    if (messages === 0) {
      this.#logger.log(`the ledger of account ${account} agrees with the prices of its messages again`);
      return;
    }
    this.#logger.error(
      `the ledger of account ${account} differs from the prices of its messages by ${difference} ${CURRENCY}, ` +
        `in ${messages} of them, such as SMSID ${JSON.stringify(smsId)}`,
    );
  }
}
