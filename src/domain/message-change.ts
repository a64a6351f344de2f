import { chargeOf, type CostChange, costChange } from './charge.js';
import { evidenceKey } from './evidence.js';
import { sameFailure } from './failure.js';
import { type Counters, countersOf, type MessageState, positionOf, reportedChannel } from './message-state.js';
import { sameRecipient } from './recipient.js';
import type { Registration } from './registration.js';
import type { Report } from './report.js';
import type { Outcome, State } from './standing.js';

/** What a status event says of the time before it. */
export interface PreviousStatus {
  state: State;
  outcome: Outcome | null;
  counters: Counters;
}

/** One accepted change of a message, as the event it raises (design §5). */
export type MessageChange =
  | {
      kind: 'status';
      /** Where the message stands after it: `sent`, or the outcome. */
      becomes: 'sent' | Outcome;
      previous: PreviousStatus;
      /** Whether something that was final changed. */
      correction: boolean;
    }
  | CostChange
  | { kind: 'contradicted' };

/** What a receipt did to its message, fixed when it was processed. */
export type Decision = 'corrected' | 'applied' | 'superseded' | 'kept';

/**
 * The changes between two states of one message with its registration, in the order of their events: status, money,
 * care.
 */
export function changesBetween(
  before: MessageState,
  after: MessageState,
  registration: Registration | null = null,
): MessageChange[] {
  const changes: MessageChange[] = [];
  const { state, outcome } = positionOf(after);
  if (state !== 'pending' && statusChanged(before, after)) {
    const previous = previousStatus(before);
    changes.push({
      kind: 'status',
      becomes: outcome ?? 'sent',
      previous,
      correction: previous.state === 'reported',
    });
  }
  const cost = costChange(chargeOf(before, registration), chargeOf(after, registration));
  if (cost !== null) changes.push(cost);
  if (after.contradicted && !before.contradicted) changes.push({ kind: 'contradicted' });
  return changes;
}

/** What the report that led from one state to the other did. */
export function decisionOf(before: MessageState, after: MessageState, report: Report): Decision {
  const changed = statusChanged(before, after) || before.facts.price?.value !== after.facts.price?.value;
  if (changed) return positionOf(before).state === 'reported' ? 'corrected' : 'applied';
  const lower = report.standing.state !== null && after.standing !== null && after.standing.key > evidenceKey(report);
  return lower ? 'superseded' : 'kept';
}

function previousStatus(message: MessageState): PreviousStatus {
  const { state, outcome } = positionOf(message);
  return { state, outcome, counters: countersOf(message) };
}

/** State, outcome or counters differ; once reported, also error, channel or recipient. */
function statusChanged(before: MessageState, after: MessageState): boolean {
  const from = positionOf(before);
  const to = positionOf(after);
  if (from.state !== to.state || from.outcome !== to.outcome) return true;
  const [had, has] = [countersOf(before), countersOf(after)];
  if (Object.entries(had).some(([name, value]) => has[name as keyof Counters] !== value)) return true;
  return (
    to.state === 'reported' &&
    (!sameFailure(from.error, to.error) ||
      reportedChannel(before) !== reportedChannel(after) ||
      !sameRecipient(before.facts.recipient?.value ?? null, after.facts.recipient?.value ?? null))
  );
}
