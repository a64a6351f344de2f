import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { BEGINNING } from '../../src/events/feed/feed-queries.js';
import { EventFeed, type FeedRequest } from '../../src/events/feed/event-feed.js';
import { Outbox } from '../../src/events/outbox.js';
import { writersFinished } from '../../src/events/writers-finished.js';
import { Database } from '../../src/database/database.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { followWriters } from '../support/feed-readers.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

it('shows every reader every event once, whatever order writers commit in', async () => {
  const { written, byReader, byNaive } = await followWriters(database.url, { events: 5_000, writers: 8 });
  const all = written.toSorted();
  for (const seen of byReader) expect(seen.toSorted()).toEqual(all);
  expect(byReader.map((seen) => seen.join())).toEqual(byReader.map(() => byReader[0]?.join()));
  // The same run does show the bug where it is: had no writer overtaken another, the test would prove nothing.
  expect(new Set(byNaive).size).toBeLessThan(all.length);
});

describe('a reader', () => {
  let own: TestDatabase;
  let instance: DispatcherInstance;
  const read = (given: Partial<FeedRequest>) =>
    instance.app.get(EventFeed, { strict: false }).read({
      account: 'default',
      types: EVENT_TYPES,
      subject: null,
      after: BEGINNING,
      limit: 100,
      waitMs: 0,
      signal: new AbortController().signal,
      ...given,
    });

  beforeAll(async () => {
    own = await createTestDatabase();
    instance = await DispatcherInstance.start(own.url, { dispatcher: false });
    await raiseMany(instance, { messages: 5_000, each: 1, prefix: 'many' });
    await raise(instance, makeEvent('one', 1), makeEvent('one', 2, 'message.delivered'));
  });

  afterAll(async () => {
    await instance.stop();
    await own.drop();
  });

  it('finds what is rare however far it is', async () => {
    const { events, end } = await read({ types: ['message.delivered'] });
    expect(events).toMatchObject([{ subject: 'one', sequence: 2, type: 'message.delivered' }]);
    expect(await read({ types: ['message.delivered'], after: end })).toEqual({ events: [], end });
    expect((await read({ subject: 'one' })).events.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect((await read({ account: 'acme' })).end).toEqual(end);
  });

  it('gets a page where it asks for one', async () => {
    const first = await read({ limit: 3 });
    const second = await read({ limit: 2, after: first.end });
    const subjects = [...first.events, ...second.events].map(({ subject }) => subject);
    expect(subjects).toEqual(['many-0', 'many-1', 'many-2', 'many-3', 'many-4']);
  });

  it('that begins now gets what comes after, and waits for it', async () => {
    const { events, end } = await read({ after: null });
    expect(events).toEqual([]);
    const waiting = read({ after: end, waitMs: 20_000 });
    await sleep(100);
    await raise(instance, makeEvent('later', 1));
    expect((await waiting).events).toMatchObject([{ subject: 'later' }]);
  });

  it('waits for a writer that takes long, and is not shown what was written after it', async () => {
    const { end } = await read({ after: null });
    const slow = instance.app.get(Database, { strict: false }).ingest(async (runner) => {
      await instance.app.get(Outbox, { strict: false }).append(runner, [makeEvent('slow', 1)]);
      await sleep(300);
    });
    await sleep(50);
    await raise(instance, makeEvent('quick', 1));
    const { events } = await read({ after: end });
    expect(events.map(({ subject }) => subject)).toEqual(['slow', 'quick']);
    await slow;
  });

  it('waits for a writer that never ends no longer than others are told to', async () => {
    const service = instance.app.get(Database, { strict: false });
    const { end } = await read({ after: null });
    await service.ingest(async (runner) => {
      await instance.app.get(Outbox, { strict: false }).append(runner, [makeEvent('endless', 1)]);
      await expect(writersFinished(service, 50)).rejects.toMatchObject({ code: 'database_away' });
      await raise(instance, makeEvent('passing', 1));
      expect(await read({ after: end })).toEqual({ events: [], end });
    });
    await writersFinished(service, 50);
    expect((await read({ after: end })).events).toHaveLength(2);
  });

  it('is answered when it leaves, and when the process stops', async () => {
    const { end } = await read({ after: null });
    const left = new AbortController();
    const leaving = read({ after: end, waitMs: 20_000, signal: left.signal });
    const staying = read({ after: end, waitMs: 20_000 });
    left.abort();
    expect(await leaving).toEqual({ events: [], end });
    instance.app.get(EventFeed, { strict: false }).onModuleDestroy();
    expect(await staying).toEqual({ events: [], end });
  });
});
