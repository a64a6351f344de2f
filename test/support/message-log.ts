import fc from 'fast-check';
import { closeMessage } from '../../src/domain/message-state.js';
import { recipientOf } from '../../src/domain/recipient.js';
import type { Report } from '../../src/domain/report.js';
import { at, failure, makeReport, type ReportParts } from './reports.js';
import { receive, type StoredMessage } from './stored-message.js';

/** Silence closes the message: a stored fact with one time of its own, however often and whenever it is processed. */
export const CLOSE = 'close' as const;
export const CLOSED_AT = at(35);

/** What can happen to a message. */
export type Letter = Report | typeof CLOSE;

/** What a store does with it. */
export function processLetter(stored: StoredMessage, letter: Letter): StoredMessage {
  return letter === CLOSE ? { ...stored, row: closeMessage(stored.row, CLOSED_AT) } : receive(stored, letter);
}

const oneOf = <Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const rarely = <Value>(...values: Value[]): fc.Arbitrary<Value | null> => fc.option(oneOf(...values));

/** Any report, of few enough values that they meet. */
const content: fc.Arbitrary<ReportParts> = fc.record({
  source: oneOf('callback', 'callback', 'poll'),
  sendStatus: oneOf(null, 0, 1, 2, 4, 5, 5, 5, 7, 99),
  succeeded: oneOf(null, 0, 1, 2, 10),
  failed: oneOf(null, 0, 1, 2),
  receivers: oneOf(null, 0, 1, 2, 169),
  sent: oneOf(null, 1),
  countersUnreadable: oneOf(false, false, false, true),
  typeId: oneOf(null, '2', '26', '27', '99'),
  price: rarely('0.0000', '60.0000', '220.0000'),
  recipient: rarely(...['312158068343230', '31215806834323092', '3121580683432309', '0901888484'].map(recipientOf)),
  requestId: rarely('r-1', 'r-2'),
  telcoId: rarely('1', '2'),
  error: rarely(failure('-114'), failure('104')),
  proof: rarely('on_device', 'accepted'),
  anomalies: oneOf([], ['price_unparsable'], ['status_absent', 'price_repeated']),
});

/**
 * What happened to one message, in the order of processing; a report comes at any of some moments, often again. There
 * is at least one: silence closes nothing that nobody told of.
 */
export function messageLog({ maxLength }: { maxLength: number }): fc.Arbitrary<Letter[]> {
  const moment = fc.integer({ min: 1, max: 60 }).map(at);
  return fc.array(content, { minLength: 1, maxLength: 8 }).chain((contents) => {
    const arrival: fc.Arbitrary<Letter> = fc
      .record({ parts: oneOf(...contents), receivedAt: moment })
      .map(({ parts, receivedAt }) => makeReport({ ...parts, receivedAt }));
    const closing: fc.Arbitrary<Letter> = fc.constant(CLOSE);
    return fc
      .array(fc.oneof({ weight: 9, arbitrary: arrival }, { weight: 1, arbitrary: closing }), { maxLength, size: 'max' })
      .filter((letters) => letters.some((letter) => letter !== CLOSE));
  });
}
