import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { schemaText } from '../support/schema-text.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

/** `npm run schema` writes the file anew; the diff is what a migration changes. */
it('is what test/schema.sql says', async () => {
  await expect(await schemaText(database.url)).toMatchFileSnapshot('../schema.sql');
});
