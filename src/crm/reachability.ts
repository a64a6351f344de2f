import type { Channel } from '../domain/channel.js';
import type { Instant } from '../domain/clock.js';
import type { FailureClass, Reason } from '../domain/failure.js';
import type { Outcome } from '../domain/standing.js';

/** Whether a person can be reached on a channel; null where nothing that happened says anything about the person. */
export interface Reachability {
  reachable: boolean | null;
  reason: Reason | null;
  /** Since when it has been so. */
  since: Instant | null;
}

/** One message of a person, as far as reachability needs it. */
export interface ContactOutcome {
  channel: Channel;
  outcome: Outcome;
  reason: Reason | null;
  failureClass: FailureClass | null;
  at: Instant;
}

/**
 * What a person's history says, channel by channel. Only a delivery and a failure of the recipient's class are evidence:
 * a missing balance, a bad template or a closed hour says nothing about the person.
 */
export function reachabilityOf(history: readonly ContactOutcome[]): Partial<Record<Channel, Reachability>> {
  const reachability: Partial<Record<Channel, Reachability>> = {};
  for (const entry of history.toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    const known = (reachability[entry.channel] ??= { reachable: null, reason: null, since: null });
    const reachable = evidenceOf(entry);
    if (reachable === null) continue;
    const since = known.reachable === reachable ? known.since : entry.at;
    reachability[entry.channel] = { reachable, reason: reachable ? null : entry.reason, since };
  }
  return reachability;
}

function evidenceOf({ outcome, failureClass }: ContactOutcome): boolean | null {
  if (outcome === 'delivered') return true;
  return failureClass === 'recipient' ? false : null;
}
