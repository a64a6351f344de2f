import type { CallbackDto } from './callback.dto.js';

/** A parameter as the gateway's samples spell it. */
export type WireName = keyof CallbackDto;

/** What an anomaly of each wire field is called. */
export const ANOMALY_NAMES = {
  SendStatus: 'status',
  SendSuccess: 'succeeded',
  SendFailed: 'failed',
  TotalReceiver: 'receivers',
  TotalSent: 'sent',
  TotalPrice: 'price',
  TypeId: 'type',
  RequestId: 'request_id',
  telcoid: 'telco',
  phonenumber: 'recipient',
  switchsmsid: 'switch_sms_id',
  partnerids: 'partner_id',
  error_info: 'error_info',
  oaid: 'oa_id',
  tempid: 'template_id',
} as const satisfies Record<Exclude<WireName, 'SMSID'>, string>;

/** All of them. */
export const WIRE_NAMES: readonly WireName[] = [
  'SMSID',
  ...(Object.keys(ANOMALY_NAMES) as (keyof typeof ANOMALY_NAMES)[]),
];

/** Those that every sample of the gateway has. */
export const ALWAYS_SENT: readonly WireName[] = [
  'SMSID',
  'SendFailed',
  'SendStatus',
  'SendSuccess',
  'TotalPrice',
  'TotalReceiver',
  'TotalSent',
  'RequestId',
  'TypeId',
];

/** The gateway's first table spelled it so (v1, February to August 2023). */
const MISSPELLED = 'error_infor';

const BY_SPELLING: ReadonlyMap<string, WireName> = new Map([
  ...WIRE_NAMES.flatMap((name) => [[name, name] as const, [name.toLowerCase(), name] as const]),
  [MISSPELLED, 'error_info'],
]);

const BY_LETTERS: ReadonlyMap<string, WireName> = new Map(
  [...BY_SPELLING].map(([spelling, name]) => [lettersOf(spelling), name]),
);

/** The field of a parameter's name, whatever its case; undefined where it is none as it stands. */
export function wireNameOf(name: string): WireName | undefined {
  return BY_SPELLING.get(name) ?? BY_SPELLING.get(name.toLowerCase());
}

/** The field whose letters these are; see {@link lettersOf}. */
export function wireNameOfLetters(letters: string): WireName | undefined {
  return BY_LETTERS.get(letters);
}

/** A name without all that is no letter, in small ones. */
export function lettersOf(name: string): string {
  return name.replaceAll(/[^A-Za-z]/g, '').toLowerCase();
}
