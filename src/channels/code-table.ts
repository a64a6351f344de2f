import type { FailureClass, Reason } from '../domain/failure.js';

/** One line of a code table as it is written: the gateway's code, our reason and class, the meaning in its source. */
export type CodeRow = readonly [code: string, reason: Reason, failureClass: FailureClass, meaning: string];

/** What a code means. */
interface CodeMeaning {
  meaning: string;
  reason: Reason;
  failureClass: FailureClass;
}

/** Codes, as text, and what they mean. */
export type CodeTable = ReadonlyMap<string, CodeMeaning>;

/** Makes a table out of its lines. */
export function codeTable(rows: readonly CodeRow[]): CodeTable {
  return new Map(rows.map(([code, reason, failureClass, meaning]) => [code, { meaning, reason, failureClass }]));
}
