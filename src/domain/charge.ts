import type { Channel } from './channel.js';
import type { MessageState } from './message-state.js';
import { channelOf } from './message-view.js';
import { type Amount, subtract, ZERO } from './money.js';
import type { Registration } from './registration.js';
import { type Telco, telcoOf } from './telco.js';

/** What a message costs, and what that is counted under. */
export interface Charge {
  total: Amount;
  channel: Channel | null;
  telco: Telco | null;
  templateId: string | null;
  oaId: string | null;
}

/** A change of a {@link Charge}. */
export interface CostChange {
  kind: 'cost';
  /** By how much the total changed; 0 where only what it is counted under did. */
  delta: Amount;
  total: Amount;
  /** What it was counted under before; null where it stays counted there, or where there was no price before. */
  movedFrom: Charge | null;
}

/** The charge of a message with its registration, which may know the channel; null while no report told a price. */
export function chargeOf(message: MessageState, registration: Registration | null): Charge | null {
  const { price, telcoId, templateId, oaId } = message.facts;
  if (price === undefined) return null;
  return {
    total: price.value,
    channel: channelOf(message, registration),
    telco: telcoId === undefined ? null : telcoOf(telcoId.value),
    templateId: templateId?.value ?? null,
    oaId: oaId?.value ?? null,
  };
}

/**
 * What changed from one charge to the next, or null. What a price is counted under is part of it: sums by channel or
 * carrier are made of these changes, and would stay wrong where either becomes known after the price.
 */
export function costChange(before: Charge | null, after: Charge | null): CostChange | null {
  if (after === null) return null;
  const { total } = after;
  if (before === null) return { kind: 'cost', delta: total, total, movedFrom: null };
  const movedFrom = COUNTED_BY.some((field) => hasMoved(field, before, after)) ? before : null;
  if (movedFrom === null && before.total === total) return null;
  return { kind: 'cost', delta: before.total === total ? ZERO : subtract(total, before.total), total, movedFrom };
}

const COUNTED_BY = ['channel', 'telco', 'templateId', 'oaId'] as const;

/**
 * Whether the whole price is counted elsewhere now. Not where one known value follows another together with a new price:
 * the total is a running one, so what came with the first was for the first (the gateway's samples of consulting, 60, and
 * journey, 220, under one SMSID).
 */
function hasMoved(field: (typeof COUNTED_BY)[number], before: Charge, after: Charge): boolean {
  const [from, to] = [before, after].map(({ [field]: value }) => (typeof value === 'object' ? value?.id : value));
  if ((from ?? null) === (to ?? null)) return false;
  return from === undefined || from === null || from === 'unrecognised' || before.total === after.total;
}
