import type { GatewayFields } from '../../src/channels/channel-service.js';
import { parseAmount } from '../../src/domain/money.js';

/** An answer of the gateway that says nothing. */
export const NO_FIELDS: GatewayFields = {
  sendStatus: null,
  status: null,
  succeeded: null,
  failed: null,
  countersUnreadable: false,
  receivers: null,
  sent: null,
  price: null,
  typeId: null,
  telcoId: null,
  recipient: null,
  requestId: null,
  errorInfo: null,
  oaId: null,
  templateId: null,
  partnerId: null,
  switchSmsId: null,
  anomalies: [],
};

/** The fields of a sample's query, read in the plainest way: samples have no odd spelling, so it needs no decoder. */
export function fieldsOf(query: string): GatewayFields {
  const parameters = new URLSearchParams(query);
  const text = (name: string): string | null => parameters.get(name) || null;
  const count = (name: string): number | null => (text(name) === null ? null : Number(text(name)));
  return {
    ...NO_FIELDS,
    sendStatus: text('SendStatus'),
    status: count('SendStatus'),
    succeeded: count('SendSuccess'),
    failed: count('SendFailed'),
    receivers: count('TotalReceiver'),
    sent: count('TotalSent'),
    price: parseAmount(text('TotalPrice') ?? ''),
    typeId: text('TypeId'),
    telcoId: text('telcoid'),
    recipient: text('phonenumber'),
    requestId: text('RequestId'),
    errorInfo: text('error_info'),
    oaId: text('oaid'),
    templateId: text('tempid'),
    partnerId: text('partnerids'),
    switchSmsId: text('switchsmsid'),
  };
}
