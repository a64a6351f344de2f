import 'reflect-metadata';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CallbackDto } from '../../src/callbacks/callback.dto.js';
import { unreadableFields } from '../../src/callbacks/unreadable-fields.js';

const FIELDS: readonly (keyof CallbackDto)[] = [
  'SMSID',
  'SendStatus',
  'SendSuccess',
  'SendFailed',
  'TotalReceiver',
  'TotalSent',
  'TotalPrice',
  'TypeId',
  'RequestId',
  'telcoid',
  'phonenumber',
  'switchsmsid',
  'partnerids',
  'error_info',
  'oaid',
  'tempid',
];

/** Values near the borders of what the fields take, and far from them. */
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.stringMatching(/^\d{1,16}(\.\d{1,6})?$/),
  fc.constantFrom('', '0', '5', '-1', '1e9', 'NaN', '470.0000', '0901888484', '\u0000', '\uFFFD', 'x'.repeat(9_000)),
);

const dto = fc
  .record(Object.fromEntries(FIELDS.map((name) => [name, value])), { requiredKeys: [] })
  .map((fields) => Object.assign(new CallbackDto(), fields));

it('are those that class-validator itself finds', () => {
  fc.assert(
    fc.property(dto, (callback) => {
      const expected = validateSync(callback, { stopAtFirstError: true }).map(({ property }) => property);
      expect(unreadableFields(callback).toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 2_000 },
  );
});

it('are none in a callback as it should be', () => {
  const callback = Object.assign(new CallbackDto(), { SMSID: 'a', SendStatus: '5', TotalPrice: '470.0000' });
  expect(unreadableFields(callback)).toEqual([]);
  expect(unreadableFields(Object.assign(callback, { TotalPrice: '-1' }))).toEqual(['TotalPrice']);
});
