import { expect, it } from 'vitest';
import { followWriters } from '../support/feed-readers.js';
import { createTestDatabase } from '../support/test-database.js';

const EVENTS = 100_000;

it('shows 4 readers 10^5 events of 8 writers, each once', { timeout: 600_000 }, async () => {
  const database = await createTestDatabase();
  try {
    const { written, byReader, byNaive } = await followWriters(database.url, { events: EVENTS, writers: 8 });
    expect(written).toHaveLength(EVENTS);
    const all = written.toSorted().join();
    for (const seen of byReader) expect(seen.toSorted().join() === all).toBe(true);
    expect(new Set(byNaive).size).toBeLessThan(EVENTS);
    console.log(`a reader that trusts the highest position misses ${EVENTS - new Set(byNaive).size} of ${EVENTS}`);
  } finally {
    await database.drop();
  }
});
