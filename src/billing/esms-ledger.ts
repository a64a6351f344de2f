import { Injectable } from '@nestjs/common';
import type { AccountChoice } from '../access/account-choice.js';
import { AccountDto } from '../access/list.dto.js';
import { validated } from '../access/validated.js';
import { Accounts } from '../config/accounts.js';
import { Database } from '../database/database.js';
import { decodeCursor } from '../database/page.js';
import { isInstant } from '../domain/clock.js';
import { LedgerDto, SummaryDto } from './ledger.dto.js';
import { LedgerCheck, type LedgerCheckState } from './ledger-check.js';
import { type LedgerPage, LedgerQueries, type LedgerSummary } from './ledger-queries.js';

const CURSOR = [{ test: isInstant }, /^\d{1,18}$/];

/**
 * What was charged, change by change, and in sum. Its answers are those of the routes `/billing`. Everything throws
 * `database_away` as well.
 */
@Injectable()
export class EsmsLedger {
  /** @internal */
  constructor(
    private readonly accounts: Accounts,
    private readonly database: Database,
    private readonly queries: LedgerQueries,
    private readonly checks: LedgerCheck,
  ) {}

  /**
   * A page of the entries of an account, of one message (`smsId`), or posted in a period, in the order in which they were
   * posted, with the sum of all of them. Throws `arguments_invalid` with every problem, `cursor_invalid`,
   * `cursor_gone` where the database was restored to a time before the page, and `account_unknown`.
   */
  async entries(filter: Partial<LedgerDto> = {}): Promise<LedgerPage> {
    const { account, cursor, limit, ...selection } = validated(LedgerDto, filter);
    const page = { limit, after: decodeCursor(cursor, CURSOR) };
    const chosen = this.accounts.chosen(account);
    return this.database.reached(() => this.queries.page(chosen, selection, page));
  }

  /**
   * The charges of an account by channel, telco or day (of Vietnam), of a period by when they were posted or when their
   * reports came. Throws `arguments_invalid` with every problem, and
   * `account_unknown`.
   */
  async summary(filter: Partial<SummaryDto> = {}): Promise<LedgerSummary> {
    const { account, ...selection } = validated(SummaryDto, filter);
    const chosen = this.accounts.chosen(account);
    return this.database.reached(() => this.queries.summary(chosen, selection));
  }

  /**
   * Whether the ledger of an account is the sum of its messages' prices, as far as billing has handled their events. It
   * is compared all the time, by the processes that have a dispatcher; null before the first of them began. Throws
   * `account_unknown`.
   */
  async check({ account }: AccountChoice = {}): Promise<LedgerCheckState | null> {
    return this.checks.state(this.accounts.chosen(validated(AccountDto, { account }).account));
  }
}
