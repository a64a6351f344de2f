import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_REPORT } from '../../src/domain/failure.js';
import { changesBetween, type Decision, decisionOf, type MessageChange } from '../../src/domain/message-change.js';
import { countersOf, emptyMessage, type MessageState, positionOf } from '../../src/domain/message-state.js';
import { subtract, ZERO } from '../../src/domain/money.js';
import { recipientOf } from '../../src/domain/recipient.js';
import { CLOSE, type Letter, messageLog, processLetter } from '../support/message-log.js';
import { at, failure, makeReport, type ReportParts } from '../support/reports.js';
import type { StoredMessage } from '../support/stored-message.js';

const start: StoredMessage = { row: { ...emptyMessage('default', 'sms-1'), registeredAt: at(-9) }, reports: [] };
const none = { receivers: null, sent: null, succeeded: null, failed: null };
const pending = { state: 'pending', outcome: null, counters: none };

interface Step {
  changes: MessageChange[];
  /** What the report did; null for a closing. */
  decision: Decision | null;
  before: MessageState;
  after: MessageState;
}

function stepsOf(letters: readonly Letter[]): Step[] {
  let stored = start;
  return letters.map((letter) => {
    const before = stored.row;
    stored = processLetter(stored, letter);
    const after = stored.row;
    const decision = letter === CLOSE ? null : decisionOf(before, after, letter);
    return { before, after, decision, changes: changesBetween(before, after) };
  });
}

/** What reports do that come one second after the other. */
function tell(...all: (ReportParts | typeof CLOSE)[]): Step[] {
  return stepsOf(
    all.map((parts, second) => (parts === CLOSE ? CLOSE : makeReport({ receivedAt: at(second), ...parts }))),
  );
}

/** The events in short, step by step. */
function told(steps: readonly Step[]): string[][] {
  return steps.map(({ changes }) =>
    changes.map((change) => {
      switch (change.kind) {
        case 'status':
          return change.correction ? `${change.becomes}, a correction` : change.becomes;
        case 'cost':
          return `${change.delta} makes ${change.total}`;
        case 'contradicted':
          return 'contradicted';
      }
    }),
  );
}

const decisions = (steps: readonly Step[]): (Decision | null)[] => steps.map(({ decision }) => decision);

const undelivered: ReportParts = { succeeded: 0, failed: 1, error: failure('-114') };
const advertising: ReportParts = { typeId: '1', receivers: 169, sent: 169, succeeded: 0 };

describe('the changes of a message', () => {
  it('tells the first status, where it came from, and the first price', () => {
    const [step] = tell({ price: '850.0000', receivers: 1, sent: 1 });
    expect(step?.changes).toEqual([
      { kind: 'status', becomes: 'delivered', previous: pending, correction: false },
      { kind: 'cost', delta: '850.0000', total: '850.0000', movedFrom: null },
    ]);
    expect(step?.decision).toBe('applied');
  });

  it('does not go back to 7 after 5', () => {
    const steps = tell({ price: '850.0000' }, { sendStatus: 7, succeeded: 0, price: '850.0000' });
    expect(told(steps)[1]).toEqual([]);
    expect(decisions(steps)[1]).toBe('superseded');
  });

  it('corrects undelivered to delivered', () => {
    const steps = tell(undelivered, {});
    expect(told(steps)).toEqual([['undelivered'], ['delivered, a correction', 'contradicted']]);
    expect(steps[1]?.changes[0]).toMatchObject({ previous: { state: 'reported', outcome: 'undelivered' } });
    expect(decisions(steps)).toEqual(['applied', 'corrected']);
    expect(positionOf(steps[1]?.after as MessageState).error).toBeNull();
  });

  it('takes a refund off the total', () => {
    const steps = tell({ price: '850.0000' }, { price: '0.0000' });
    expect(told(steps)).toEqual([
      ['delivered', '850.0000 makes 850.0000'],
      ['-850.0000 makes 0.0000', 'contradicted'],
    ]);
    expect(decisions(steps)).toEqual(['applied', 'corrected']);
  });

  it('tells that the cost is known to be nothing', () => {
    expect(told(tell({ price: ZERO }))).toEqual([['delivered', '0.0000 makes 0.0000']]);
  });

  it('lets no late 7 take the price of a charged 5 that awaits its report', () => {
    const charged = { ...advertising, price: '696987.0000' };
    const steps = tell(charged, { ...advertising, sendStatus: 7, price: ZERO });
    expect(told(steps)).toEqual([['sent', '696987.0000 makes 696987.0000'], []]);
    expect(decisions(steps)).toEqual(['applied', 'superseded']);
  });

  it('counts up to the outcome of an advertising message', () => {
    const steps = tell(
      advertising,
      { ...advertising, succeeded: 100, failed: 10 },
      { ...advertising, succeeded: 150, failed: 19 },
    );
    expect(told(steps)).toEqual([['sent'], ['sent'], ['partially_delivered']]);
    expect(steps[2]?.changes[0]).toMatchObject({
      previous: { state: 'sent', counters: { succeeded: 100, failed: 10 } },
    });
    expect(decisions(steps)).toEqual(['applied', 'applied', 'applied']);
  });

  it('compares counters as numbers', () => {
    const steps = tell({ ...advertising, succeeded: 100 }, { ...advertising, succeeded: 9 });
    expect(told(steps)).toEqual([['sent'], []]);
  });

  it('takes final reports that count differently for contradicted, though their outcome is the same', () => {
    const steps = tell({ receivers: 3, succeeded: 2, failed: 1 }, { receivers: 3, succeeded: 1, failed: 2 });
    expect(told(steps)[1]).toEqual(['partially_delivered, a correction', 'contradicted']);
  });

  it('lets 5 correct 4, and 4 never 5', () => {
    const rejected: ReportParts = { sendStatus: 4, succeeded: 0, error: failure('104') };
    expect(told(tell(rejected, {}))).toEqual([['rejected'], ['delivered, a correction', 'contradicted']]);
    const steps = tell({}, rejected);
    expect(told(steps)).toEqual([['delivered'], ['contradicted']]);
    expect(decisions(steps)).toEqual(['applied', 'superseded']);
  });

  it('lets an unknown status after a final one change nothing', () => {
    const steps = tell({ price: '850.0000' }, { sendStatus: 99, succeeded: 0, price: '1.0000' });
    expect(told(steps)[1]).toEqual([]);
    expect(decisions(steps)[1]).toBe('kept');
  });

  it('raises nothing while a message is pending, and nothing for a state it skipped', () => {
    const steps = tell({ sendStatus: 1, succeeded: 0 }, { sendStatus: 2, succeeded: 0 }, {});
    expect(told(steps)).toEqual([[], [], ['delivered']]);
    expect(steps[2]?.changes[0]).toMatchObject({ previous: { state: 'pending' }, correction: false });
  });

  it('tells a price while a message is pending', () => {
    expect(told(tell({ sendStatus: 1, succeeded: 0, price: '850.0000' }))).toEqual([['850.0000 makes 850.0000']]);
  });

  it('closes by silence, shows partial counters that come later, and opens for a final report only', () => {
    const steps = tell(
      advertising,
      CLOSE,
      { ...advertising, succeeded: 100, failed: 10 },
      { ...advertising, succeeded: 169 },
    );
    expect(told(steps)).toEqual([['sent'], ['unknown'], ['unknown, a correction'], ['delivered, a correction']]);
    expect(positionOf(steps[2]?.after as MessageState).error).toEqual(NO_REPORT);
    expect(steps[3]?.changes[0]).toMatchObject({ previous: { state: 'reported', outcome: 'unknown' } });
    expect(steps[3]?.after.closedAt).toBeNull();
  });

  it.each<[string, ReportParts, ReportParts, string[]]>([
    ['an error', undelivered, { ...undelivered, error: failure('-118') }, ['undelivered, a correction']],
    ['a channel', { typeId: null }, { typeId: '25' }, ['delivered, a correction']],
    ['a channel as little recognised as none', { typeId: null }, { typeId: '99' }, []],
    ['a recipient', {}, { recipient: recipientOf('0901888484') }, ['delivered, a correction']],
    ['an error of something not final', advertising, { ...advertising, error: failure('104') }, []],
    ['a channel of something not final', { ...advertising, typeId: null }, advertising, []],
    ['a telco', {}, { telcoId: '1' }, []],
    ['the same once more, in other words', {}, { requestId: 'r-1' }, []],
  ])('what %s that came later changes', (_, first, second, events) => {
    const steps = tell(first, second);
    expect(told(steps)[1]).toEqual(events);
    expect(decisions(steps)[1]).toBe(events.length === 0 ? 'kept' : 'corrected');
  });

  it('counts an earlier copy that changes who came last as a correction', () => {
    const steps = tell({ receivedAt: at(5) }, { ...undelivered, receivedAt: at(4) }, { receivedAt: at(3) });
    expect(told(steps)).toEqual([['delivered'], ['contradicted'], ['undelivered, a correction']]);
    expect(decisions(steps)).toEqual(['applied', 'superseded', 'corrected']);
  });

  it('says when it becomes contradicted, once, and lets a newer poll settle it', () => {
    const steps = tell(undelivered, {}, { price: '850.0000' }, { source: 'poll', price: '850.0000' });
    expect(told(steps).map((events) => events.includes('contradicted'))).toEqual([false, true, false, false]);
    expect(steps[3]?.after.contradicted).toBe(false);
  });
});

describe('whatever happens to a message', () => {
  const property = (check: (steps: Step[]) => void): void =>
    fc.assert(
      fc.property(messageLog({ maxLength: 20 }), (letters) => check(stepsOf(letters))),
      { numRuns: 1000 },
    );

  it('the deltas sum to the accepted total', () => {
    property((steps) => {
      let sum = ZERO;
      for (const { changes, after } of steps) {
        for (const change of changes) if (change.kind === 'cost') sum = subtract(sum, negated(change.delta));
        expect(sum).toBe(after.facts.price?.value ?? ZERO);
      }
    });
  });

  it('the last status event equals the row, and each tells something new', () => {
    property((steps) => {
      let last: object | null = null;
      for (const { changes, before, after } of steps) {
        const events = changes.filter(({ kind }) => kind === 'status');
        if (events.length > 0) {
          const [{ becomes, previous, correction }] = events as [MessageChange & { kind: 'status' }];
          expect(becomes).toBe(positionOf(after).outcome ?? 'sent');
          expect(previous).toMatchObject({ counters: countersOf(before), ...stateAndOutcome(before) });
          expect(correction).toBe(positionOf(before).state === 'reported');
          expect(statusOf(after)).not.toEqual(last);
          last = statusOf(after);
        }
        expect(events.length).toBeLessThanOrEqual(1);
        expect(last ?? { state: 'pending' }).toEqual(statusOf(after));
      }
    });
  });

  it('being contradicted is told each time it comes to be so', () => {
    property((steps) => {
      for (const { changes, before, after } of steps) {
        const isTold = changes.some(({ kind }) => kind === 'contradicted');
        expect(isTold).toBe(after.contradicted && !before.contradicted);
      }
    });
  });

  it('a decision says what the events say', () => {
    property((steps) => {
      for (const { changes, decision, before, after } of steps) {
        if (decision === null) continue;
        // A price that is only counted elsewhere decides nothing.
        const isDecided = ({ kind, ...change }: MessageChange): boolean =>
          kind === 'status' || ('delta' in change && (change.delta !== ZERO || change.movedFrom === null));
        if (changes.some(isDecided)) {
          expect(decision).toBe(positionOf(before).state === 'reported' ? 'corrected' : 'applied');
        } else if (positionOf(after).state !== 'pending') {
          expect(['superseded', 'kept']).toContain(decision);
        }
      }
    });
  });
});

const negated = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

function stateAndOutcome(row: MessageState) {
  const { state, outcome } = positionOf(row);
  return { state, outcome };
}

/** What status events must keep up with: nothing while pending; error, channel and recipient once reported. */
function statusOf(row: MessageState): object {
  const { state, outcome, error } = positionOf(row);
  if (state === 'pending') return { state };
  const status = { state, outcome, counters: countersOf(row) };
  if (state !== 'reported') return status;
  const { channel, recipient } = row.facts;
  return { ...status, error, channel: channel?.value.channel ?? 'unrecognised', recipient: recipient?.value ?? null };
}
