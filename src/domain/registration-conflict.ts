import { countersOf, type MessageState, reportedChannel } from './message-state.js';
import type { Recipient } from './recipient.js';
import type { Registration } from './registration.js';
import { receiversOf } from './standing.js';

/**
 * Whether what the gateway says of a message cannot be true of what was registered. Of facts alone: which of the two
 * came first does not matter.
 */
export function contradictsRegistration(message: MessageState, registration: Registration | null): boolean {
  if (registration === null) return false;
  const { facts } = message;
  const differs = (stated: string | null, known: string | undefined): boolean =>
    stated !== null && known !== undefined && stated !== known;
  return (
    differs(registration.smsId, message.smsId) ||
    differs(registration.requestId, facts.requestId?.value) ||
    isOtherChannel(message, registration) ||
    // Of many receivers a callback names any one.
    (receiversOf(countersOf(message)) === 1 && isOtherPerson(registration.recipient, facts.recipient?.value ?? null))
  );
}

function isOtherChannel(message: MessageState, { channel }: Registration): boolean {
  const reported = reportedChannel(message);
  return channel !== null && channel !== 'unrecognised' && reported !== 'unrecognised' && channel !== reported;
}

/**
 * Two phones, or two Zalo ids of which neither begins the other: the gateway cuts some. A phone and a Zalo id may be one
 * person, and a hash, a masked or a foreign number says too little.
 */
function isOtherPerson(stated: Recipient | null, told: Recipient | null): boolean {
  if (stated === null || told === null || stated.kind !== told.kind || stated.kind === 'other') return false;
  if (stated.kind === 'phone') return stated.value !== told.value;
  return !stated.value.startsWith(told.value) && !told.value.startsWith(stated.value);
}
