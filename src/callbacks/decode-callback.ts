import { createHash } from 'node:crypto';
import { validateSync } from 'class-validator';
import type { GatewayFields } from '../channels/channel-service.js';
import type { Anomaly } from '../domain/anomaly.js';
import { parseAmount } from '../domain/money.js';
import { CallbackDto } from './callback.dto.js';
import { parseQuery, type QueryParameter } from './parse-query.js';

type WireName = keyof CallbackDto;

/** What an anomaly of each wire field is called. */
const ANOMALY_NAMES = {
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

const WIRE_NAMES: ReadonlyMap<string, WireName> = new Map([
  ...(['SMSID', ...Object.keys(ANOMALY_NAMES)] as WireName[]).map((name) => [name.toLowerCase(), name] as const),
  // The gateway's first table spelled it so (v1, February to August 2023).
  ['error_infor', 'error_info'],
]);

/** Why a callback cannot be kept under one message. */
export type UnkeepableReason = 'sms_id_absent' | 'sms_id_repeated' | 'sms_id_too_long' | 'sms_id_malformed';

/** A callback as far as it can be read; one without a usable SMSID has a reason instead. */
export interface DecodedCallback {
  smsId: string | null;
  unkeepable: UnkeepableReason | null;
  fields: GatewayFields;
  /** Hex digest of the canonical parameters, by which copies are known. */
  digest: string;
}

const LONGEST_SMS_ID = 128;
const DIGEST_BYTES = 16;

/** Reads a raw query string. Never throws: what cannot be read becomes a reason or an anomaly. */
export function decodeCallback(query: string): DecodedCallback {
  const parameters = parseQuery(query);
  const { dto, repeated } = collect(parameters);
  const unreadable = validateSync(dto, { forbidUnknownValues: false, stopAtFirstError: true }).map(
    ({ property }) => property as WireName,
  );
  const unkeepable = unkeepableReason(dto, repeated, unreadable);
  return {
    smsId: unkeepable === null ? dto.SMSID : null,
    unkeepable,
    fields: fieldsOf(dto, unreadable, repeated),
    digest: digestOf(parameters),
  };
}

/** The known fields, each trimmed; an empty one is absent, one repeated with different values is not taken. */
function collect(parameters: readonly QueryParameter[]): { dto: CallbackDto; repeated: WireName[] } {
  const values = new Map<WireName, Set<string>>();
  for (const { name, value } of parameters) {
    const wireName = WIRE_NAMES.get(name.toLowerCase());
    const text = value.trim();
    if (wireName === undefined || text === '') continue;
    const known = values.get(wireName);
    if (known) known.add(text);
    else values.set(wireName, new Set([text]));
  }
  const dto = new CallbackDto();
  for (const [name, [value, ...others]] of values) if (others.length === 0) dto[name] = value as string;
  return { dto, repeated: [...values].filter(([, { size }]) => size > 1).map(([name]) => name) };
}

function unkeepableReason(
  { SMSID }: CallbackDto,
  repeated: readonly WireName[],
  unreadable: readonly WireName[],
): UnkeepableReason | null {
  if (repeated.includes('SMSID')) return 'sms_id_repeated';
  if (SMSID === undefined) return 'sms_id_absent';
  if (SMSID.length > LONGEST_SMS_ID) return 'sms_id_too_long';
  return unreadable.includes('SMSID') ? 'sms_id_malformed' : null;
}

function fieldsOf(dto: CallbackDto, unreadable: readonly WireName[], repeated: readonly WireName[]): GatewayFields {
  const text = (name: WireName): string | null => (unreadable.includes(name) ? null : (dto[name] ?? null));
  const count = (name: WireName): number | null => {
    const digits = text(name);
    return digits === null ? null : Number(digits);
  };
  const isSpoilt = (name: WireName): boolean => unreadable.includes(name) || repeated.includes(name);
  const price = text('TotalPrice');
  return {
    sendStatus: dto.SendStatus?.slice(0, LONGEST_SMS_ID).replaceAll(/\p{Cc}/gu, '\uFFFD') ?? null,
    status: count('SendStatus'),
    succeeded: count('SendSuccess'),
    failed: count('SendFailed'),
    countersUnreadable: isSpoilt('SendSuccess') || isSpoilt('SendFailed'),
    receivers: count('TotalReceiver'),
    sent: count('TotalSent'),
    price: price === null ? null : parseAmount(price),
    typeId: text('TypeId'),
    telcoId: text('telcoid'),
    recipient: text('phonenumber'),
    requestId: text('RequestId'),
    errorInfo: text('error_info'),
    oaId: text('oaid'),
    templateId: text('tempid'),
    partnerId: text('partnerids'),
    switchSmsId: text('switchsmsid'),
    anomalies: [...anomalies(unreadable, 'unparsable'), ...anomalies(repeated, 'repeated')],
  };
}

function anomalies(names: readonly WireName[], suffix: 'unparsable' | 'repeated'): Anomaly[] {
  return names.flatMap((name): Anomaly[] => (name === 'SMSID' ? [] : [`${ANOMALY_NAMES[name]}_${suffix}`]));
}

/** Names lower-cased, pairs sorted, once decoded: two copies of a callback agree, whatever wrote their percent signs. */
function digestOf(parameters: readonly QueryParameter[]): string {
  const pairs = parameters.map(({ name, value }) => JSON.stringify([name.toLowerCase(), value])).toSorted();
  return createHash('sha256')
    .update(pairs.join())
    .digest('hex')
    .slice(0, DIGEST_BYTES * 2);
}
