import type { EvidenceKey } from './evidence.js';
import type { Fact, Facts, FactValues } from './message-state.js';
import { isCutOf, type Recipient, sameRecipient } from './recipient.js';
import type { Report } from './report.js';

/** Facts for which the greater key is the whole rule, each named as in the report. */
const PLAIN_FACTS = [
  'price',
  'receivers',
  'sent',
  'telcoId',
  'requestId',
  'oaId',
  'templateId',
  'partnerId',
  'switchSmsId',
  'proof',
] as const satisfies readonly (keyof FactValues & keyof Report)[];

/** Merges what a report carries into what is known; a field it lacks erases nothing. */
export function mergeFacts(known: Facts, report: Report, key: EvidenceKey): Facts {
  const merged: Record<string, Fact<unknown>> = { ...known };
  for (const name of PLAIN_FACTS) {
    const value = report[name];
    if (value !== null) merged[name] = greater(merged[name], { value, key });
  }
  const { recipient } = report;
  const channel = channelOf(report);
  if (channel !== null) merged['channel'] = betterChannel(known.channel, { value: channel, key });
  if (recipient !== null) merged['recipient'] = betterRecipient(known.recipient, { value: recipient, key });
  return merged;
}

/** The one with the greater key. */
export function greater<Value>(known: Fact<Value> | null | undefined, offered: Fact<Value>): Fact<Value> {
  return known && known.key > offered.key ? known : offered;
}

/** The channel that a report names; one that the gateway gave no type for names none. */
export function channelOf({ channel, typeId }: Report): FactValues['channel'] | null {
  return typeId === null ? null : { channel, typeId };
}

/**
 * Whether only the whole set knows who the recipient is: a Zalo id is involved, and a cut one may stand behind the
 * whole one that we know, or the other way round.
 */
export function needsAllRecipients(known: Recipient | null, offered: Recipient | null): boolean {
  if (known === null || offered === null || sameRecipient(known, offered)) return false;
  return known.kind === 'zalo_user' || offered.kind === 'zalo_user';
}

/** An unrecognised channel never replaces a recognised one. */
function betterChannel(known: Facts['channel'], offered: Fact<FactValues['channel']>): Fact<FactValues['channel']> {
  if (known === undefined || isRecognised(known) === isRecognised(offered)) return greater(known, offered);
  return isRecognised(known) ? known : offered;
}

const isRecognised = ({ value }: Fact<FactValues['channel']>): boolean => value.channel !== 'unrecognised';

/** A cut Zalo id never replaces the longer one it begins. */
function betterRecipient(known: Facts['recipient'], offered: Fact<Recipient>): Fact<Recipient> {
  const better = greater(known, offered);
  const other = better === offered ? known : offered;
  return other !== undefined && isCutOf(better.value, other.value) ? other : better;
}
