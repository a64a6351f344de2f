import { Inject, Injectable } from '@nestjs/common';
import { EsmsError } from '../domain/errors.js';
import type { ResolvedOptions } from './options.js';
import { OPTIONS } from './tokens.js';

const DEFAULT_ACCOUNT = 'default';

/** The eSMS accounts of the company by name. */
@Injectable()
export class Accounts {
  /** All of them. */
  readonly names: readonly string[];

  constructor(@Inject(OPTIONS) { accounts }: ResolvedOptions) {
    this.names = [...accounts.keys()];
  }

  /**
   * The account that is named, also one that is no longer in the options, for its messages are still there. Where none
   * is: the only one there is, else `default`. Throws `account_unknown` where that says nothing.
   */
  chosen(name: string | undefined): string {
    if (name !== undefined) return name;
    const [only] = this.names;
    if (only !== undefined && this.names.length === 1) return only;
    if (this.names.includes(DEFAULT_ACCOUNT)) return DEFAULT_ACCOUNT;
    throw this.#unknown('account: must be named');
  }

  /** The same to write in: one of the options. Throws `account_unknown` for another: a typing error would make a new one. */
  writable(name: string | undefined): string {
    const account = this.chosen(name);
    if (!this.names.includes(account)) throw this.#unknown('account: not known');
    return account;
  }

  #unknown(what: string): EsmsError {
    return new EsmsError('account_unknown', `${what}; there are ${this.names.join(', ')}`);
  }
}
