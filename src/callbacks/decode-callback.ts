import { hash } from 'node:crypto';
import type { GatewayFields } from '../channels/channel-service.js';
import type { Anomaly } from '../domain/anomaly.js';
import { identifierOf } from '../domain/identifier.js';
import { parseAmount } from '../domain/money.js';
import { CallbackDto } from './callback.dto.js';
import { mendParameters } from './mend-parameters.js';
import { parseQuery, type QueryParameter } from './parse-query.js';
import { unreadableFields } from './unreadable-fields.js';
import { ALWAYS_SENT, ANOMALY_NAMES, type WireName, wireNameOf } from './wire-names.js';

/**
 * Why a callback cannot be kept under one message; `parameters_damaged`: a field that the gateway always sends is not
 * there, while what looks like the rest of it is, so that the message would miss what was said of it.
 */
export type UnkeepableReason =
  | 'sms_id_absent'
  | 'sms_id_repeated'
  | 'sms_id_too_long'
  | 'sms_id_malformed'
  | 'parameters_damaged';

/** A callback as far as it can be read; one without a usable SMSID has a reason instead. */
export interface DecodedCallback {
  smsId: string | null;
  unkeepable: UnkeepableReason | null;
  fields: GatewayFields;
  /** Hex digest of the canonical parameters, by which copies are known. */
  digest: string;
}

const NOTHING: readonly WireName[] = [];
/** In a value it stays escaped when that is decoded once. */
const ESCAPED_EQUALS = /%(?:25)+3d/i;
const LONGEST_SMS_ID = 128;

/** Control characters, and the half of a character that a cut leaves: PostgreSQL takes no NUL and no half. */
const UNSHOWABLE = /[\p{Cc}\p{Surrogate}]/gu;
/** 128 bits: the gateway does not attack its own callbacks. */
const DIGEST_CHARACTERS = 32;

/** Reads a raw query string. Never throws: what cannot be read becomes a reason or an anomaly. */
export function decodeCallback(query: string): DecodedCallback {
  const parameters = parseQuery(query);
  const { parameters: readable, lost } =
    ESCAPED_EQUALS.test(query) || parameters.some(isOdd) ? mendParameters(parameters) : { parameters, lost: NOTHING };
  const { dto, repeated } = collect(readable);
  const unreadable = unreadableFields(dto);
  const unkeepable = unkeepableReason(dto, repeated, unreadable) ?? damageOf(lost);
  return {
    smsId: unkeepable === null ? dto.SMSID : null,
    unkeepable,
    fields: fieldsOf(dto, unreadable, repeated, lost),
    digest: digestOf(parameters),
  };
}

/** Nothing of the gateway's samples is; where something is, the dearer reading has a look at it. */
function isOdd({ name, value }: QueryParameter): boolean {
  return wireNameOf(name) === undefined || value.includes('=');
}

function damageOf(lost: readonly WireName[]): UnkeepableReason | null {
  return lost.some((name) => ALWAYS_SENT.includes(name)) ? 'parameters_damaged' : null;
}

/** The known fields, each as it is stored; an empty one is absent, one repeated with different values is not taken. */
function collect(parameters: readonly QueryParameter[]): { dto: CallbackDto; repeated: WireName[] } {
  const dto = new CallbackDto();
  const repeated = new Set<WireName>();
  for (const { name, value } of parameters) {
    const wireName = wireNameOf(name);
    if (wireName === undefined) continue;
    const text = wireName === 'error_info' ? value.trim() : identifierOf(value);
    if (text === '') continue;
    if (dto[wireName] !== undefined && dto[wireName] !== text) repeated.add(wireName);
    dto[wireName] = text;
  }
  for (const name of repeated) delete dto[name];
  return { dto, repeated: [...repeated] };
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

function fieldsOf(
  dto: CallbackDto,
  unreadable: readonly WireName[],
  repeated: readonly WireName[],
  lost: readonly WireName[],
): GatewayFields {
  const text = (name: WireName): string | null => (unreadable.includes(name) ? null : (dto[name] ?? null));
  const count = (name: WireName): number | null => {
    const digits = text(name);
    return digits === null ? null : Number(digits);
  };
  const isSpoilt = (name: WireName): boolean => unreadable.includes(name) || repeated.includes(name);
  const price = text('TotalPrice');
  return {
    sendStatus: dto.SendStatus?.slice(0, LONGEST_SMS_ID).replaceAll(UNSHOWABLE, '\uFFFD') ?? null,
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
    anomalies: [
      ...anomalies(unreadable, 'unparsable'),
      ...anomalies(repeated, 'repeated'),
      ...(lost.length > 0 ? (['parameter_unrecognised'] as const) : []),
    ],
  };
}

function anomalies(names: readonly WireName[], suffix: 'unparsable' | 'repeated'): Anomaly[] {
  return names.flatMap((name): Anomaly[] => (name === 'SMSID' ? [] : [`${ANOMALY_NAMES[name]}_${suffix}`]));
}

/**
 * Names lower-cased, pairs sorted, once decoded: two copies of a callback agree, whatever wrote their percent signs. The
 * lengths keep one pair from looking like two.
 */
function digestOf(parameters: readonly QueryParameter[]): string {
  const named = parameters.map(({ name, value }) => ({ name: name.toLowerCase(), value }));
  let canonical = '';
  for (const { name, value } of named.toSorted(byNameAndValue))
    canonical += `${name.length}:${name}${value.length}:${value}`;
  return hash('sha256', canonical, 'hex').slice(0, DIGEST_CHARACTERS);
}

function byNameAndValue(a: QueryParameter, b: QueryParameter): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return 0;
}
