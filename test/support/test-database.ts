import { inject } from 'vitest';
import { createDatabase, type TestDatabase } from '../../src/testing/create-database.js';

export type { TestDatabase };

/** Migrated and empty: clones the template of this run, in about 25 ms. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('adminUrl'), inject('templateDatabase'));
}

/** With nothing in it at all. */
export function createBareDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('adminUrl'));
}

/** With nothing in it, and text sorted as people sort it, by ICU: so that a "C" of our own can be told from the database's. */
export function createCollatedDatabase(): Promise<TestDatabase> {
  const vietnamese = `template0 encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'vi-VN'`;
  return createDatabase(inject('adminUrl'), vietnamese);
}
