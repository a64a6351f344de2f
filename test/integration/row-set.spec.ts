import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RowSet } from '../../src/database/row-set.js';
import { instantSql } from '../../src/database/sql-runner.js';
import { instantOf } from '../../src/domain/clock.js';

const ROWS = new RowSet({
  text: 'text',
  json: 'json',
  integer: 'integer',
  bigint: 'bigint',
  boolean: 'boolean',
  bytea: 'bytea',
  at: 'timestamptz',
  uuid: 'uuid',
  numeric: 'numeric',
});

const READ = `
  select text, json, integer, bigint, boolean, bytea, ${instantSql('given.at')}, uuid, numeric::text
  from ${ROWS.sql}`;

const LATEST = Date.UTC(2255, 0, 1) * 1_000;

/** PostgreSQL keeps no NUL in a text, and halves of a character are no UTF-8. */
const storable = fc
  .oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', maxLength: 300 }))
  .map((text) => text.replaceAll('\0', ''));

const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });

const row = fc.record({
  text: orNull(storable),
  json: orNull(fc.dictionary(storable, storable)),
  integer: orNull(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  bigint: orNull(fc.maxSafeInteger()),
  boolean: orNull(fc.boolean()),
  bytea: orNull(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  at: orNull(fc.integer({ min: -2_000_000_000_000_000, max: LATEST }).map(instantOf)),
  uuid: orNull(fc.uuid()),
  numeric: orNull(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((units) => `${units}.5000`)),
});

let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ connectionString: inject('adminUrl') });
  await client.connect();
});

afterAll(() => client.end());

describe('rows as parameters of one statement', () => {
  it('come back as they were given, whatever is in them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
        const parameters = ROWS.parameters(
          rows.map((each) => ({ ...each, json: each.json && JSON.stringify(each.json) })),
        );
        const { rows: read } = await client.query(READ, parameters);
        expect(read).toEqual(
          rows.map((each) => ({ ...each, bigint: each.bigint === null ? null : String(each.bigint) })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('are NULL where a row lacks a field', async () => {
    const { rows } = await client.query(READ, ROWS.parameters([{}, { text: undefined }]));
    expect(rows.flatMap(Object.values)).toEqual(Array.from({ length: 18 }, () => null));
  });

  it('are refused by PostgreSQL where a text has a NUL, as bad data', async () => {
    await expect(client.query(READ, ROWS.parameters([{ text: 'a\0b' }]))).rejects.toMatchObject({ code: '22021' });
  });
});
