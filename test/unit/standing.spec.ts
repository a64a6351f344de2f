import { describe, expect, it } from 'vitest';
import { type Outcome, type ReportedStatus, receiversOf, type State, standingOf } from '../../src/domain/standing.js';

const nothing: ReportedStatus = {
  sendStatus: null,
  succeeded: null,
  failed: null,
  receivers: null,
  sent: null,
  countersUnreadable: false,
};

describe('what a status decides', () => {
  it.each<[number | null, State | null, Outcome | null, [number, number]]>([
    [0, 'pending', null, [0, 0]],
    [1, 'pending', null, [1, 0]],
    [2, 'pending', null, [2, 0]],
    [3, 'pending', null, [3, 0]],
    [4, 'reported', 'rejected', [0, 0]],
    [5, 'sent', null, [0, 1]],
    [6, null, null, [0, 0]],
    [7, 'sent', null, [0, 0]],
    [8, null, null, [0, 0]],
    [9, null, null, [0, 0]],
    [99, null, null, [0, 0]],
    [-1, null, null, [0, 0]],
    [5.5, null, null, [0, 0]],
    [null, null, null, [0, 0]],
  ])('%s, and no counters', (sendStatus, state, outcome, progress) => {
    expect(standingOf({ ...nothing, sendStatus })).toEqual({ state, outcome, succeeded: 0, failed: 0, progress });
  });

  it.each([0, 1, 2, 3, 6, 8, 9, 99, null])('%s, and all of the counters there: it decides no more', (sendStatus) => {
    const counters = { succeeded: 1, failed: 2, receivers: 3, sent: 3 };
    const { state, outcome, progress } = standingOf({ ...nothing, sendStatus });
    expect(standingOf({ ...nothing, ...counters, sendStatus })).toEqual({
      state,
      outcome,
      progress,
      succeeded: 1,
      failed: 2,
    });
  });

  it('4, and all of the counters there: rejected all the same', () => {
    const rejected = standingOf({ ...nothing, sendStatus: 4, succeeded: 1, receivers: 1 });
    expect(rejected).toEqual({ state: 'reported', outcome: 'rejected', succeeded: 1, failed: 0, progress: [0, 0] });
  });

  it('7, and all of the counters there: sent, and further for each that counts', () => {
    const sent = standingOf({ ...nothing, sendStatus: 7, succeeded: 2, failed: 1, receivers: 3 });
    expect(sent).toEqual({ state: 'sent', outcome: null, succeeded: 2, failed: 1, progress: [3, 0] });
  });
});

describe('what 5 decides', () => {
  it.each<[string, Partial<ReportedStatus>, State, Outcome | null, [number, number]]>([
    ['a success of nobody says how many', { succeeded: 1 }, 'reported', 'delivered', [1, 0]],
    ['a failure of nobody says how many', { failed: 1 }, 'reported', 'undelivered', [1, 0]],
    ['all succeeded', { succeeded: 2, failed: 0, receivers: 2 }, 'reported', 'delivered', [1, 0]],
    ['all failed', { succeeded: 0, failed: 2, receivers: 2 }, 'reported', 'undelivered', [1, 0]],
    ['some of both', { succeeded: 150, failed: 19, receivers: 169 }, 'reported', 'partially_delivered', [1, 0]],
    ['0/0 of 169, charged', { succeeded: 0, failed: 0, receivers: 169, sent: 169 }, 'sent', null, [0, 1]],
    ['0/0 of 1', { succeeded: 0, failed: 0, receivers: 1 }, 'sent', null, [0, 1]],
    ['not yet all', { succeeded: 100, failed: 10, receivers: 169 }, 'sent', null, [110, 1]],
    ['all but one', { succeeded: 168, failed: 0, receivers: 169 }, 'sent', null, [168, 1]],
    ['all of those sent, no receivers told', { succeeded: 2, sent: 2 }, 'reported', 'delivered', [1, 0]],
    ['not all of those sent', { succeeded: 2, sent: 3 }, 'sent', null, [2, 1]],
    ['failed before it left', { succeeded: 0, failed: 1, receivers: 1, sent: 0 }, 'reported', 'undelivered', [1, 0]],
    ['counters that cannot be, 9 of 2', { succeeded: 9, failed: 0, receivers: 2 }, 'reported', 'delivered', [1, 0]],
    ['9 and 9 of 2', { succeeded: 9, failed: 9, receivers: 2 }, 'reported', 'partially_delivered', [1, 0]],
    ['a counter unreadable', { succeeded: 1, receivers: 1, countersUnreadable: true }, 'sent', null, [1, 1]],
    ['both counters unreadable', { receivers: 1, countersUnreadable: true }, 'sent', null, [0, 1]],
  ])('%s', (_, status, state, outcome, progress) => {
    const { succeeded, failed } = { ...nothing, ...status };
    const counters = { succeeded: succeeded ?? 0, failed: failed ?? 0 };
    expect(standingOf({ ...nothing, ...status, sendStatus: 5 })).toEqual({ state, outcome, ...counters, progress });
  });
});

it.each([
  [169, 100, 169],
  [0, 100, 100],
  [null, 100, 100],
  [-3, 100, 100],
  [null, 0, 1],
  [0, null, 1],
  [null, null, 1],
])('%s receivers and %s sent make %s', (receivers, sent, expected) => {
  expect(receiversOf({ receivers, sent })).toBe(expected);
});
