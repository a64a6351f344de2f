/** What a care SMS says that its one recipient got for 850. */
const DELIVERED = {
  SendFailed: '0',
  SendStatus: '5',
  SendSuccess: '1',
  TotalPrice: '850.0000',
  TotalReceiver: '1',
  TotalSent: '1',
  RequestId: '',
  TypeId: '2',
  telcoid: '1',
  phonenumber: '0901888484',
} as const;

/** Wire names with the text each has on the wire, percent-encoding included; null leaves a parameter out. */
type Changes = Record<string, string | null>;

/** The query of a callback: of a delivered care SMS, but for the changes. */
export function callbackQuery(smsId: string, changes: Changes = {}): string {
  return Object.entries({ SMSID: smsId, ...DELIVERED, ...changes })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
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
