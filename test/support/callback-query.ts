import { esmsCallback } from '../../src/testing.js';

/** Wire names with the text each has on the wire, percent-encoding included; null leaves a parameter out. */
type Changes = Record<string, string | null>;

/** The query of a callback: of a delivered care SMS, but for the changes. */
export function callbackQuery(smsId: string, changes: Changes = {}): string {
  return esmsCallback({ wire: { SMSID: smsId, ...changes } });
}

/** The changes that counters make. */
export function counted(succeeded: number, failed: number, receivers: number): Changes {
  return {
    SendSuccess: String(succeeded),
    SendFailed: String(failed),
    TotalReceiver: String(receivers),
    TotalSent: String(receivers),
  };
}
