import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/database/migrate.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing.js';
import { databaseUrl } from './database-url.js';
import { EmbeddedPostgresDirectory } from './embedded-postgres-directory.js';
import { query } from './query.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the server that has all databases of this run; its login may create databases. */
    adminUrl: string;
    /** The migrated database that test databases are clones of. */
    templateDatabase: string;
  }
}

/** One server a run (`TEST_DATABASE_URL`, else an embedded one) with one migrated template. */
export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = await testServer();
  const template = `test_template_${randomBytes(6).toString('hex')}`;
  const tearDown = async () => {
    try {
      await query(server.url, `drop database if exists ${template} with (force)`);
    } finally {
      await server.drop();
    }
  };
  try {
    await query(server.url, `create database ${template}`);
    await migrate({ connectionString: databaseUrl(server.url, template) });
    // A test that connects to it by mistake would make every clone fail, and only now and then.
    await query(server.url, `alter database ${template} with allow_connections false`);
  } catch (error) {
    await tearDown();
    throw error;
  }
  provide('adminUrl', server.url);
  provide('templateDatabase', template);
  return tearDown;
}

async function testServer(): Promise<TestDatabase> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return createTestDatabase({ url });
  await EmbeddedPostgresDirectory.removeAbandoned();
  return createTestDatabase();
}
