import type { AccountChoice } from './account-choice.js';
import { callerOf } from './caller.js';
import { AccountDto } from './list.dto.js';
import { validated } from './validated.js';

/**
 * The account a request is about, as our services take it: the one its query names, else its caller's, else theirs to
 * choose. null where it names one that is not its caller's: to be answered as absent. What else is in the query is
 * looked at by whoever answers.
 */
export function accountAsked(request: object, query: Readonly<Record<string, unknown>>): AccountChoice | null {
  const asked = validated(AccountDto, { account: query['account'] });
  const { account } = callerOf(request);
  if (account === null) return asked;
  return asked.account === undefined || asked.account === account ? { account } : null;
}
