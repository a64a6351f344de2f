import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { SecretTable } from './secret-table.js';

/** The callback tokens of all accounts, in memory: telling a stranger needs neither database nor disk. */
@Injectable()
export class CallbackTokens {
  readonly #tokens: SecretTable<string>;

  constructor(@Inject(OPTIONS) { accounts }: ResolvedOptions) {
    this.#tokens = new SecretTable(
      [...accounts].flatMap(([account, tokens]) => tokens.map((token) => [token, account] as const)),
    );
  }

  /** The account a token speaks for; null for a stranger's. Takes the same time for any token. */
  accountOf(token: string): string | null {
    return this.#tokens.find(token);
  }
}
