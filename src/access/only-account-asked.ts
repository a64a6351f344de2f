import type { AccountChoice } from './account-choice.js';
import { accountAsked } from './account-asked.js';
import { AccountDto } from './list.dto.js';
import { validated } from './validated.js';

/** {@link accountAsked} for a query that may say nothing else: whatever else is in it is refused. */
export function onlyAccountAsked(request: object, query: Readonly<Record<string, unknown>>): AccountChoice | null {
  validated(AccountDto, query);
  return accountAsked(request, query);
}
