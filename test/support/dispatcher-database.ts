import { PgBouncer } from './pg-bouncer.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** `DISPATCHER_POOLER=1` runs the tests of the dispatcher through PgBouncer in transaction mode. */
export const IS_POOLED = Boolean(process.env['DISPATCHER_POOLER']);

/** A database for tests of the dispatcher: straight, or through a pooler. */
export async function createDispatcherDatabase(isPooled = IS_POOLED): Promise<TestDatabase> {
  const database = await createTestDatabase();
  if (!isPooled) return database;
  const pooler = await PgBouncer.start(database.url);
  const drop = async (): Promise<void> => {
    await pooler.stop();
    await database.drop();
  };
  return { url: pooler.url, drop };
}
