import type { Failure } from '../domain/failure.js';
import { ESMS_CODES } from './esms-codes.js';
import { ZALO_CODES } from './zalo/zalo-codes.js';

/** Zalo's success, and eSMS's "request accepted" (facts §6). */
const NO_FAILURE: ReadonlySet<string> = new Set(['0', '100']);

/** `Success` as both gateways write it, with and without a full stop, once as `Sucess` (facts §4, §5). */
const SUCCESS_WORD = /^succ?ess[\s.!]*$/i;

const UNSPECIFIED = { reason: 'unspecified', failureClass: 'unspecified' } as const;

/**
 * The failure that a code and its text mean; null where they mean none. Zalo's codes are negative, eSMS's are not; a
 * code that neither table knows is kept and specifies nothing, and so do words without a code.
 */
export function failureOf(code: string | null, message: string | null): Failure | null {
  if (code === null) return message === null || SUCCESS_WORD.test(message) ? null : { code, message, ...UNSPECIFIED };
  if (NO_FAILURE.has(code)) return null;
  const table = code.startsWith('-') ? ZALO_CODES : ESMS_CODES;
  const { reason, failureClass } = table.get(code) ?? UNSPECIFIED;
  return { code, message, reason, failureClass };
}
