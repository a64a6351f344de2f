import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { databaseUrl } from './database-url.js';
import { query } from './query.js';

/** A database of one test (file) alone. */
export interface TestDatabase {
  readonly url: string;
  /** Also ends the connections that are still open. */
  drop(): Promise<void>;
}

/** Migrated and empty: clones the template of this run, in about 25 ms. */
export function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('templateDatabase'));
}

/** With nothing in it at all. */
export function createBareDatabase(): Promise<TestDatabase> {
  return createDatabase('template1');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const adminUrl = inject('adminUrl');
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await query(adminUrl, `create database ${name} template ${template}`);
  return {
    url: databaseUrl(adminUrl, name),
    drop: async () => void (await query(adminUrl, `drop database if exists ${name} with (force)`)),
  };
}
