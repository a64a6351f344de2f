import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { tablesIn } from '../../src/database/tables.js';
import type { Database } from '../../src/database/database.js';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { BEGINNING } from '../../src/events/feed/feed-queries.js';
import { EventFeed } from '../../src/events/feed/event-feed.js';
import { Outbox } from '../../src/events/outbox.js';
import { DispatcherInstance } from './dispatcher-instance.js';
import { makeEvent } from './outbox-events.js';

const READERS = 4;
const MOST_IN_A_TRANSACTION = 10;
const LONGEST_DELAY_MS = 20;

/** What each reader saw, event by event, as `subject/sequence`. */
export interface Seen {
  written: string[];
  byReader: string[][];
  /** A reader that asks for what is after the highest position it saw: the bug that the feed must not have. */
  byNaive: string[];
}

/** Writers commit after random delays, so out of order, and some roll back; readers in two processes follow. */
export async function followWriters(
  url: string,
  { events, writers }: { events: number; writers: number },
): Promise<Seen> {
  const instances = [await startReader(url), await startReader(url)] as const;
  const pool = new Pool({ connectionString: url, max: writers + 1 });
  let writing = true;
  const isOver = (): boolean => !writing;
  const written = Promise.all(
    Array.from({ length: writers }, (_, writer) =>
      write(pool, instances[writer % 2 ? 1 : 0], writer, events / writers),
    ),
  ).finally(() => (writing = false));
  const readers = Array.from({ length: READERS }, (_, reader) => follow(instances[reader % 2 ? 1 : 0], isOver));
  const naive = followNaively(pool, isOver);
  try {
    return { written: (await written).flat(), byReader: await Promise.all(readers), byNaive: await naive };
  } finally {
    await pool.end();
    for (const instance of instances) await instance.stop();
  }
}

const startReader = (url: string): Promise<DispatcherInstance> =>
  DispatcherInstance.start(url, { dispatcher: false, migrations: 'off' });

async function write(pool: Pool, instance: DispatcherInstance, writer: number, count: number): Promise<string[]> {
  const outbox = new Outbox({ tables: tablesIn('esms') } as Database);
  const written: string[] = [];
  for (let made = 0; written.length < count; ) {
    const length = Math.min(1 + Math.floor(Math.random() * MOST_IN_A_TRANSACTION), count - written.length);
    const batch = Array.from({ length }, (_, index) => makeEvent(`w${writer}-${(made + index) % 7}`, made + index + 1));
    made += length;
    const client = await pool.connect();
    await client.query('begin');
    await outbox.append(client, batch);
    await sleep(Math.random() ** 3 * LONGEST_DELAY_MS);
    const isKept = Math.random() < 0.9;
    await client.query(isKept ? 'commit' : 'rollback');
    client.release();
    if (!isKept) continue;
    instance.app.get(Outbox, { strict: false }).announce();
    written.push(...batch.map(nameOf));
  }
  return written;
}

async function follow(instance: DispatcherInstance, isOver: () => boolean): Promise<string[]> {
  const feed = instance.app.get(EventFeed, { strict: false });
  const { signal } = new AbortController();
  const seen: string[] = [];
  for (let after = BEGINNING; ; ) {
    const wasOver = isOver();
    const limit = 1 + Math.floor(Math.random() * 200);
    const wanted = { account: 'default', types: EVENT_TYPES, subject: null, waitMs: wasOver ? 0 : 500, signal };
    const { events, end } = await feed.read({ ...wanted, after, limit });
    seen.push(...events.map(nameOf));
    if (wasOver && events.length === 0 && end.position === after.position) return seen;
    after = end;
  }
}

async function followNaively(pool: Pool, isOver: () => boolean): Promise<string[]> {
  const seen: string[] = [];
  for (let after = '0'; ; await sleep(1)) {
    const wasOver = isOver();
    const { rows } = await pool.query<{ subject: string; sequence: string; position: string }>(
      'select subject, sequence, position from esms.events where position > $1 order by position limit 200',
      [after],
    );
    seen.push(...rows.map(nameOf));
    if (wasOver && rows.length === 0) return seen;
    after = rows.at(-1)?.position ?? after;
  }
}

const nameOf = ({ subject, sequence }: { subject: string; sequence: number | string | null }): string =>
  `${subject}/${sequence}`;
