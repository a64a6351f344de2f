import { randomBytes } from 'node:crypto';
import type { CallbackContent, CallbackOutcome } from './callback-content.js';
import { type ErrorEncoding, errorInfoText, type GatewayError } from './error-info-text.js';

type Content = CallbackContent & Required<Pick<CallbackContent, 'channel' | 'outcome' | 'receivers'>>;
type Parameters = Record<string, string>;

/** What a channel's callbacks have in common: its type, its price, and what comes behind the type. */
interface ChannelShape {
  typeId: string;
  price: string;
  rest: (content: Content) => Parameters;
}

const PHONE = '0901888484';
const ZALO_USER = '31215806834323092';
const CUT_ID_LENGTH = 15;
const FAILURES: readonly CallbackOutcome[] = ['undelivered', 'rejected'];
const FREE: readonly CallbackOutcome[] = ['pending', ...FAILURES];
const INACTIVE: GatewayError = {
  code: -114,
  message: 'User is inactive, or reject the message, or using an outdated Zalo version, or other internal errors',
};

const SHAPES: Readonly<Record<Content['channel'], ChannelShape>> = {
  sms_advertising: { typeId: '1', price: '850.0000', rest: () => ({}) },
  sms_care: { typeId: '2', price: '850.0000', rest: smsParameters },
  sms_fixed: { typeId: '8', price: '850.0000', rest: smsParameters },
  viber: { typeId: '23', price: '470.0000', rest: viberParameters },
  zalo_zns: { typeId: '25', price: '2104.0000', rest: znsParameters },
  zalo_oa: { typeId: '26', price: '60.0000', rest: oaParameters },
  zalo_journey: { typeId: '27', price: '220.0000', rest: oaParameters },
};

/**
 * The query string of a callback, byte for byte as the gateway writes it for that channel; left alone, of a care SMS
 * that its one recipient got.
 */
export function esmsCallback(given: CallbackContent = {}): string {
  const { outcome = 'delivered', channel = 'sms_care' } = given;
  const content: Content = {
    ...given,
    outcome,
    channel,
    receivers: given.receivers ?? (outcome === 'partially_delivered' ? 2 : 1),
  };
  const { typeId, price, rest } = SHAPES[channel];
  const parameters: Record<string, string | null> = {
    SMSID: encodeURIComponent(content.smsId ?? newSmsId()),
    ...countersOf(content),
    TotalPrice: content.price ?? (FREE.includes(outcome) ? '0.0000' : price),
    TotalReceiver: String(content.receivers),
    TotalSent: String(sentOf(content)),
    RequestId: encodeURIComponent(content.requestId ?? ''),
    TypeId: typeId,
    ...rest(content),
    ...content.wire,
  };
  return Object.entries(parameters)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const newSmsId = (): string => randomBytes(16).toString('hex');

function countersOf({ channel, outcome, receivers }: Content): Parameters {
  const counters = (status: number, succeeded: number, failed: number): Parameters => ({
    SendFailed: String(failed),
    SendStatus: String(status),
    SendSuccess: String(succeeded),
  });
  switch (outcome) {
    case 'pending':
      return counters(2, 0, 0);
    case 'sent':
      return counters(channel === 'sms_advertising' ? 5 : 7, 0, 0);
    case 'delivered':
      return counters(5, receivers, 0);
    case 'undelivered':
      return counters(5, 0, receivers);
    case 'partially_delivered':
      return counters(5, receivers - 1, 1);
    case 'rejected':
      return counters(4, 0, 0);
  }
}

/** What never left: a rejected message, and one that Zalo refused. */
function sentOf({ channel, outcome, receivers }: Content): number {
  const neverLeft = outcome === 'undelivered' ? channel.startsWith('zalo') : FREE.includes(outcome);
  return neverLeft ? 0 : receivers;
}

function smsParameters({ telcoId = '1', recipient = PHONE }: Content): Parameters {
  return { telcoid: telcoId, phonenumber: recipient, switchsmsid: '' };
}

function viberParameters({ telcoId = '2', recipient = PHONE }: Content): Parameters {
  return { telcoid: telcoId, phonenumber: recipient };
}

/** Failures and successes come from two programs of the gateway: another order, another way to write the error. */
function znsParameters(content: Content): Parameters {
  const { outcome, recipient = PHONE, telcoId = recipient.length > CUT_ID_LENGTH ? '9' : '2' } = content;
  const { oaId = '1397492183140006179', templateId = '2056446' } = content;
  const who = { telcoid: telcoId, phonenumber: recipient };
  const template = { oaid: oaId, tempid: templateId };
  if (FAILURES.includes(outcome) || content.error !== undefined) {
    const { code, message } = content.error ?? INACTIVE;
    const info = errorInfo(content, { error: code, message }, 'json_string');
    return { ...who, partnerids: content.partnerId ?? '', error_info: info, ...template };
  }
  const data = { delivery_time: null, message: "The message was delivered to the user's phone", status: 1 };
  const info = errorInfo(content, { error: 0, message: 'Success', data }, 'json');
  return { ...who, error_info: info, ...template, partnerids: content.partnerId ?? '416f53d0cf0ec7569e19' };
}

function oaParameters(content: Content): Parameters {
  const { outcome, recipient = ZALO_USER, oaId = '4097311281936189049', partnerId = 'f405841b5f2352790b36' } = content;
  const { code, message } = content.error ?? (FAILURES.includes(outcome) ? INACTIVE : { code: 0, message: 'Success' });
  const data = { message_id: partnerId, user_id: recipient };
  return {
    phonenumber: recipient.slice(0, CUT_ID_LENGTH),
    error_info: errorInfo(content, { data, error: code, message }, 'escaped_twice'),
    oaid: oaId,
    partnerids: partnerId,
  };
}

function errorInfo({ encoding, errorTime }: Content, info: object, usual: ErrorEncoding): string {
  return errorInfoText(info, encoding ?? usual, errorTime ?? '24/04/2024 17:07:01');
}
