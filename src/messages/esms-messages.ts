import { Injectable } from '@nestjs/common';
import type { AccountChoice } from '../access/account-choice.js';
import { AccountDto } from '../access/list.dto.js';
import { validated } from '../access/validated.js';
import { Accounts } from '../config/accounts.js';
import { GuestTransaction } from '../database/guest-transaction.js';
import { decodeCursor, type Page } from '../database/page.js';
import type { SqlRunner } from '../database/sql-runner.js';
import { isInstant } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { identifierOf } from '../domain/identifier.js';
import type { MessageView } from '../domain/message-view.js';
import { FindMessagesDto } from './find-messages.dto.js';
import { MessageQueries, type ReceiptView } from './message-queries.js';
import { Registrar } from './registrar.js';
import type { RecipientComparison, Registered } from './registration-book.js';
import { refusable } from './refusable.js';
import type { RegistrationRequest } from './registration-request.js';
import { RegistrationDto, requestOf } from './registration.dto.js';

const CURSOR = [{ test: isInstant }, /^[^\0]*$/];

/** Which account, and in whose transaction. */
export interface RegisterOptions extends AccountChoice {
  /**
   * A transaction of yours to register in, on the same database: a TypeORM manager of any data source, a `pg` client,
   * or anything else with `query(sql, parameters)`. Keep it short: callbacks about the same message or RequestId wait
   * for its end. @default a transaction of our own
   */
  manager?: SqlRunner;
  /** @internal Not a part of the declarations: no signature may name it. */
  compare?: RecipientComparison;
}

/** The account that was chosen, and what was said beside it. */
interface Chosen {
  account: string;
  manager: SqlRunner | undefined;
  compare: RecipientComparison | undefined;
}

/**
 * Messages: told of by the company, reported on by the gateway. What the routes `/messages` show is made of its answers.
 * Everything throws `database_away` as well.
 */
@Injectable()
export class EsmsMessages {
  /** @internal */
  constructor(
    private readonly accounts: Accounts,
    private readonly queries: MessageQueries,
    private readonly registrar: Registrar,
    private readonly guest: GuestTransaction,
  ) {}

  /**
   * Tells what the company knows of a message, before or after it is sent. The same again changes nothing, one with more
   * fields completes it.
   *
   * With `manager` it is stored when your transaction commits, and gone when that rolls back; whoever listens to
   * `message.registered` hears of it within the poll interval.
   *
   * Throws `registration_invalid` with every problem, `registration_conflict` where it contradicts what is known,
   * and `account_unknown`; with `manager` also `transaction_absent` where no transaction is open on it,
   * `transaction_unfit` where it is stricter than READ COMMITTED or read-only, and `database_other` where it is
   * connected to another database.
   */
  async register(registration: RegistrationDto, options: RegisterOptions = {}): Promise<Registered> {
    const { account, manager, compare } = options;
    const chosen = this.accounts.writable(validated(AccountDto, { account }).account);
    const request = requestOf(validated(RegistrationDto, registration, 'registration_invalid'));
    const [answer] = await this.#register([request], { account: chosen, manager, compare });
    if (answer instanceof EsmsError) throw answer;
    return answer as Registered;
  }

  /**
   * The same for many in one transaction, one after the other. Each has an answer of its own, in their order: what
   * `register` gives for it, or the error that it throws.
   */
  async registerAll(
    registrations: readonly RegistrationDto[],
    options: RegisterOptions = {},
  ): Promise<(Registered | EsmsError)[]> {
    const { account, manager, compare } = options;
    const chosen = this.accounts.writable(validated(AccountDto, { account }).account);
    const requests = registrations.map((registration) =>
      refusable(() => requestOf(validated(RegistrationDto, registration, 'registration_invalid'))),
    );
    const taken = requests.flatMap((request) => (request instanceof EsmsError ? [] : [request]));
    const answers = taken.length === 0 ? [] : await this.#register(taken, { account: chosen, manager, compare });
    return requests.map((request) => (request instanceof EsmsError ? request : (answers.shift() as Registered)));
  }

  #register(
    requests: readonly RegistrationRequest[],
    { account, manager, compare }: Chosen,
  ): Promise<(Registered | EsmsError)[]> {
    return manager === undefined
      ? this.registrar.register(account, requests, compare)
      : this.guest.within(manager, (runner) => this.registrar.registerIn(runner, account, requests));
  }

  /** A message; null where the account has none of this SMSID. Throws `account_unknown` where none can be chosen. */
  async get(smsId: string, choice: AccountChoice = {}): Promise<MessageView | null> {
    const account = this.accounts.chosen(validated(AccountDto, choice).account);
    return smsId.includes('\0') ? null : this.queries.get(account, identifierOf(smsId));
  }

  /**
   * A page of messages for which all that is given holds, newest first. Where more is given than an account and a time,
   * registrations that no callback has joined yet are among them, with `smsId: null`.
   * Throws `arguments_invalid` with every problem, `cursor_invalid`, and `account_unknown`.
   */
  async find(filter: Partial<FindMessagesDto> = {}): Promise<Page<MessageView>> {
    const { account, cursor, limit, ...conditions } = validated(FindMessagesDto, filter);
    const after = decodeCursor(cursor, CURSOR);
    return this.queries.page({ ...conditions, account: this.accounts.chosen(account) }, { limit, after });
  }

  /** The receipts of a message in the order of their coming; none where there is no such message. */
  async timeline(smsId: string, choice: AccountChoice = {}): Promise<ReceiptView[]> {
    const account = this.accounts.chosen(validated(AccountDto, choice).account);
    return smsId.includes('\0') ? [] : this.queries.timeline(account, identifierOf(smsId));
  }
}
