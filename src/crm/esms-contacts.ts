import { Injectable } from '@nestjs/common';
import type { AccountChoice } from '../access/account-choice.js';
import { AccountDto } from '../access/list.dto.js';
import { validated } from '../access/validated.js';
import { Accounts } from '../config/accounts.js';
import { Database } from '../database/database.js';
import { type Contact, ContactQueries } from './contact-queries.js';

/** The people that messages went to. Its answers are those of the routes `/crm/contacts`. */
@Injectable()
export class EsmsContacts {
  /** @internal */
  constructor(
    private readonly accounts: Accounts,
    private readonly database: Database,
    private readonly queries: ContactQueries,
  ) {}

  /**
   * One person, by a phone in any Vietnamese form or by a Zalo user id; null where nothing is known of one. Throws
   * `account_unknown` where no account can be chosen, and `database_away`.
   */
  async get(id: string, choice: AccountChoice = {}): Promise<Contact | null> {
    const account = this.accounts.chosen(validated(AccountDto, choice).account);
    return id.includes('\0') ? null : this.database.reached(() => this.queries.get(account, id));
  }
}
