import fc from 'fast-check';
import { expect, it } from 'vitest';
import { POSITIONS_OF_CHANGE } from '../../src/database/change-sql.js';
import { derivedId, type EsmsEvent } from '../../src/domain/domain-event.js';
import { changesOf, eventsOf } from '../../src/events/event-row.js';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

/** Events of a few messages: those of one follow each other, some at one time. */
const events: fc.Arbitrary<EsmsEvent[]> = fc
  .array(
    fc.record({
      account: fc.constantFrom('default', 'shop'),
      subject: fc.constantFrom('a', 'b', 'Đơn hàng 5'),
      first: fc.integer({ min: 0, max: 40 }),
      count: fc.integer({ min: 1, max: 40 }),
      times: fc.integer({ min: 1, max: 3 }),
      note: text,
    }),
    { maxLength: 6 },
  )
  .map((runs) =>
    runs.flatMap(({ account, subject, first, count, times, note }) =>
      Array.from({ length: count }, (_, index): EsmsEvent => {
        const sequence = first === 0 ? null : first + index;
        return {
          id: sequence === null ? derivedId(note, String(index)) : derivedId(account, subject, String(sequence)),
          type: index % 2 === 0 ? 'message.sent' : 'receipt.quarantined',
          account,
          subject,
          sequence,
          time: `2026-11-25T19:05:40.00000${Math.floor((index * times) / count)}Z`,
          data: { note, index } as unknown as EsmsEvent['data'],
        };
      }),
    ),
  );

it('events are read as they were written, in their order, however they share rows', () => {
  fc.assert(
    fc.property(events, (given) => {
      const rows = changesOf(given);
      expect(rows.flatMap(eventsOf)).toEqual(given);
      for (const { types } of rows) expect(types.split(',').length).toBeLessThanOrEqual(POSITIONS_OF_CHANGE);
    }),
  );
});

it('what follows in one message at one time is one row, and nothing else is', () => {
  const event = (subject: string, sequence: number, time: string): EsmsEvent => ({
    id: derivedId('default', subject, String(sequence)),
    type: 'message.sent',
    account: 'default',
    subject,
    sequence,
    time,
    data: {} as EsmsEvent['data'],
  });
  const rows = changesOf([
    event('a', 1, 'now'),
    event('a', 2, 'now'),
    event('b', 3, 'now'),
    event('b', 4, 'later'),
    event('b', 6, 'later'),
  ]);
  expect(rows.map(({ subject, sequence, types }) => [subject, sequence, types.split(',').length])).toEqual([
    ['a', 1, 2],
    ['b', 3, 1],
    ['b', 4, 1],
    ['b', 6, 1],
  ]);
});
