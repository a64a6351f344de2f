import type { Channel } from '../domain/channel.js';
import type { EsmsEvent } from '../domain/domain-event.js';
import { type Amount, subtract, ZERO } from '../domain/money.js';

/**
 * What an entry is: a change of the price; or, where the channel or the carrier became another one after the price was
 * known, its reversal where it was counted and its rebooking where it is counted now.
 */
export type EntryKind = 'price' | 'reversal' | 'rebooking';

/** An entry to be posted. */
interface Posting {
  account: string;
  sms_id: string;
  event_id: string;
  kind: EntryKind;
  delta: Amount;
  /** The sum of the message's entries up to this one. */
  total: Amount;
  currency: string;
  channel: Channel | null;
  telco_id: string | null;
  occurred_at: string;
}

/** The entries that one event makes, in their order. */
export function entriesOf({ id, account, subject, time, data }: EsmsEvent<'message.cost_changed'>): Posting[] {
  const { message, delta, total, currency, movedFrom } = data;
  const common = { account, sms_id: subject, event_id: id, currency, occurred_at: time };
  const now = { channel: message.channel, telco_id: message.telco?.id ?? null };
  const price: Posting = { ...common, ...now, kind: 'price', delta, total };
  if (movedFrom === undefined) return [price];
  const before = { channel: movedFrom.channel, telco_id: movedFrom.telco?.id ?? null };
  const hasMoved = before.channel !== now.channel || before.telco_id !== now.telco_id;
  const prices = movedFrom.total === total ? [] : [price];
  if (!hasMoved) return prices;
  return [
    { ...common, ...before, kind: 'reversal', delta: negative(movedFrom.total), total: ZERO },
    { ...common, ...now, kind: 'rebooking', delta: movedFrom.total, total: movedFrom.total },
    ...prices,
  ];
}

const negative = (amount: Amount): Amount => subtract(ZERO, amount);
