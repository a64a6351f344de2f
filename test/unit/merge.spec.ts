import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceKey, evidenceLevel } from '../../src/domain/evidence.js';
import { deriveMessage } from '../../src/domain/merge.js';
import { closeMessage, emptyMessage, type MessageState } from '../../src/domain/message-state.js';
import { recipientOf } from '../../src/domain/recipient.js';
import type { Report } from '../../src/domain/report.js';
import { CLOSE, CLOSED_AT, type Letter, messageLog, processLetter } from '../support/message-log.js';
import { disagree, expectedOf, visibleOf } from '../support/message-oracle.js';
import { arrivedAt, at, failure, makeReport } from '../support/reports.js';
import { distinct, type StoredMessage } from '../support/stored-message.js';

const unregistered = emptyMessage('default', 'sms-1');
const registered = { ...unregistered, registeredAt: at(5), registrationChangedAt: at(15), scheduledFor: at(25) };

const of169 = { receivers: 169, typeId: '1' };
const wholeId = '31215806834323092';

const statesAndSilence: Letter[] = [
  makeReport({ sendStatus: 1, succeeded: null, failed: null, requestId: 'r-1' }),
  makeReport({ sendStatus: 7, succeeded: 0, sent: 169, ...of169 }),
  makeReport({ sendStatus: 5, succeeded: 0, price: '696987.0000', ...of169 }),
  makeReport({ sendStatus: 5, succeeded: 100, failed: 10, error: failure('-118'), ...of169 }),
  makeReport({ sendStatus: 5, succeeded: 169, price: '850.0000', ...of169 }),
  makeReport({ sendStatus: 4, succeeded: 0, error: failure('104') }),
  makeReport({ sendStatus: 99, price: '1.0000', anomalies: ['status_unrecognised'] }),
  CLOSE,
];
const finalsAndPolls: Letter[] = [
  makeReport({ price: '60.0000' }),
  makeReport({ price: '220.0000' }),
  makeReport({ succeeded: 0, failed: 1, error: failure('-114'), price: '0.0000' }),
  makeReport({ succeeded: 0, failed: 1, telcoId: '2' }),
  makeReport({ sendStatus: 4, succeeded: 0, error: failure('104') }),
  makeReport({ source: 'poll', price: '60.0000' }),
  makeReport({ source: 'poll', succeeded: 0, failed: 1, error: failure('1001') }),
];
const pollsAndPrices: Letter[] = [
  makeReport({ price: '60.0000' }),
  makeReport({ price: '220.0000' }),
  makeReport({ telcoId: '2' }),
  makeReport({ source: 'poll', price: '60.0000' }),
  makeReport({ source: 'poll' }),
  makeReport({ source: 'poll', sendStatus: 4, succeeded: 0 }),
];
const recipientsAndChannels: Letter[] = [
  makeReport({ recipient: recipientOf(wholeId.slice(0, 15)), typeId: '26' }),
  makeReport({ recipient: recipientOf(wholeId), typeId: '27' }),
  makeReport({ recipient: recipientOf(`${wholeId}9`), typeId: null }),
  makeReport({ recipient: recipientOf('0901888484'), typeId: '99', anomalies: ['type_unrecognised'] }),
  makeReport({ recipient: recipientOf(`${wholeId}-not-an-id`), typeId: null, channel: 'viber' }),
  makeReport({ recipient: recipientOf(wholeId.slice(0, 15)), source: 'poll', sendStatus: 7, price: '1.0000' }),
];

describe('a message is a pure function of the set of its reports', () => {
  it.each([
    ['states and silence', statesAndSilence, registered],
    ['final reports and polls', finalsAndPolls, unregistered],
    ['polls and prices', pollsAndPrices, unregistered],
    ['recipients and channels', recipientsAndChannels, unregistered],
  ])(
    'T1, every sequence of %s: neither the order nor the number of times they are processed matters',
    (_, alphabet, start) => proveEveryOrder(alphabet, start),
  );

  it('T1, long random sequences: forward, reversed, doubled and shuffled', () => {
    const logs = messageLog({ maxLength: 20 }).chain((letters) =>
      fc.record({
        letters: fc.constant(letters),
        shuffled: fc.shuffledSubarray(letters, { minLength: letters.length }),
        start: fc.constantFrom(unregistered, registered),
      }),
    );
    fc.assert(
      fc.property(logs, ({ letters, shuffled, start }) => {
        const { row, expected } = derive(letters, start);
        expect(visibleOf(row)).toEqual(expected);
        for (const order of [letters, letters.toReversed(), [...letters, ...shuffled], shuffled]) {
          const folded = order.reduce<StoredMessage>(processLetter, { row: start, reports: [] });
          expect(folded.row).toEqual(row);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['states and silence', statesAndSilence],
    ['final reports and polls', finalsAndPolls],
    ['polls and prices', pollsAndPrices],
    ['recipients and channels', recipientsAndChannels],
  ])('T2, %s: arrival decides only between equals, and finals that disagree are marked', (_, alphabet) => {
    const reports = alphabet.filter((letter) => letter !== CLOSE);
    for (const chosen of subsets(reports, MOMENTS.length)) proveArrivalDecidesLittle(chosen);
  });
});

const MOMENTS = [0, 1, 2, 3, 4];

/**
 * Every way to put a letter, or none, at each of five moments; the same report at two moments is a copy of it (early
 * or late), and a poll asked again. A row must come out of every row with one arrival fewer, whichever is the last to
 * be processed: so, step by step, every order of processing all of them is proved, forward and reversed among them.
 */
function proveEveryOrder(alphabet: readonly Letter[], start: MessageState): void {
  const base = alphabet.length + 1;
  const weights = MOMENTS.map((moment) => base ** moment);
  const byMoment = MOMENTS.map((moment) => alphabet.map((letter) => arriving(letter, at(10 + moment * 10))));
  const stored: StoredMessage[] = [{ row: start, reports: [] }];
  for (let code = 1; code < base ** MOMENTS.length; code++) {
    const arrivals = MOMENTS.flatMap((moment) => {
      const digit = Math.floor(code / (weights[moment] as number)) % base;
      const letter = byMoment[moment]?.[digit - 1];
      return letter === undefined
        ? []
        : [{ letter, before: stored[code - digit * (weights[moment] as number)] as StoredMessage }];
    });
    const letters = arrivals.map(({ letter }) => letter);
    const { row, expected } = derive(letters, start);
    if (!same(visibleOf(row), expected)) expect([letters, visibleOf(row)]).toEqual([letters, expected]);
    for (const { letter, before } of arrivals) {
      const after = processLetter(before, letter);
      if (!same(after.row, row)) expect([letters, letter, after.row]).toEqual([letters, letter, row]);
      const again = processLetter(after, letter);
      if (!same(again.row, after.row)) expect([letters, letter, again.row]).toEqual([letters, letter, row]);
      stored[code] = after;
    }
  }
}

function derive(letters: readonly Letter[], start: MessageState) {
  const reports = distinct(letters.filter((letter) => letter !== CLOSE));
  const closed = letters.includes(CLOSE) ? closeMessage(start, CLOSED_AT) : start;
  return { row: deriveMessage(closed, reports), expected: expectedOf(reports, closed) };
}

/** Lets the same reports arrive in every order. */
function proveArrivalDecidesLittle(chosen: readonly Report[]): void {
  const arrivals = orders(chosen).map((order) => order.map((report, moment) => arrivedAt(at(moment), report)));
  const ends = arrivals.map((reports) => {
    const row = deriveMessage(unregistered, reports);
    const giver = (key = ''): Report | undefined => reports.find((report) => evidenceKey(report) === key);
    return { reports, row, standing: giver(row.standing?.key) as Report, price: giver(row.facts.price?.key) };
  });
  for (const decided of [decidedBy(ends.map(({ standing }) => standing)), decidedBy(ends.map(({ price }) => price))]) {
    const levels = decided.map((report) => evidenceLevel(report) + report.source);
    if (new Set(levels).size > 1) expect({ chosen, decided }).toBe('decided by their arrival');
    if (!decided.some((a) => decided.some((b) => isFinalCallback(a) && isFinalCallback(b) && disagree(a, b)))) continue;
    for (const { reports, row, standing } of ends) {
      if (!row.contradicted && !isSettled(reports, standing)) expect(reports).toBe('contradicted');
    }
  }
}

/** The reports that different orders of arrival let decide, if what they say differs. */
function decidedBy(givers: readonly (Report | undefined)[]): Report[] {
  const reports = [...new Map(givers.flatMap((report) => (report ? [[report.digest, report]] : []))).values()];
  return reports.some((a) => reports.some((b) => disagree(a, b) || a.standing.state !== b.standing.state))
    ? reports
    : [];
}

/** Whether a final poll agrees with what stands and is newer than every final report that does not. */
function isSettled(reports: readonly Report[], standing: Report): boolean {
  const finals = reports.filter((report) => report.standing.state === 'reported');
  return finals.some(
    (poll) =>
      poll.source === 'poll' &&
      !disagree(poll, standing) &&
      finals.every((report) => !disagree(report, standing) || report.receivedAt < poll.receivedAt),
  );
}

function isFinalCallback({ source, standing }: Report): boolean {
  return source === 'callback' && standing.state === 'reported';
}

function arriving(letter: Letter, time: string): Letter {
  return letter === CLOSE ? letter : arrivedAt(time, letter);
}

function subsets<Item>([first, ...rest]: readonly Item[], most: number): Item[][] {
  if (first === undefined || most === 0) return [[]];
  return [...subsets(rest, most), ...subsets(rest, most - 1).map((others) => [first, ...others])];
}

function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((others) => [item, ...others]));
}

/** Whether two plain values are equal in every part; quicker than asking Vitest a million times. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  for (const name of names) if (!(name in b) || !same(a[name as never], b[name as never])) return false;
  return true;
}
