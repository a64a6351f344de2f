import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/domain/domain-event.js';
import { EventLog } from '../../src/events/log/event-log.js';
import type { LogPlace } from '../../src/events/log/log-place.js';
import { BEGINNING, type Cursor, joined } from '../../src/events/log/positions.js';
import { at, endOf } from '../support/change-positions.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { OpenTransactions, writeEvent } from '../support/open-transactions.js';
import { makeEvent, raise, raiseMany } from '../support/outbox-events.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let instance: DispatcherInstance;
let log: EventLog;
const transactions = new OpenTransactions();
const readers: Reader[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  instance = await DispatcherInstance.start(database.url, { dispatcher: false });
  log = instance.app.get(EventLog, { strict: false });
  log.want(EVENT_TYPES);
});

afterEach(async () => {
  for (const each of readers.splice(0)) await each.stop();
  await transactions.end();
  await instance.stop();
  await database.drop();
});

/** Reads on and on, and writes down what it gets. */
class Reader {
  readonly got: string[] = [];
  cursor: Cursor;
  readonly #stopping = new AbortController();
  readonly #place: LogPlace;
  readonly #running: Promise<void>;

  constructor(from: Cursor = BEGINNING, types = EVENT_TYPES) {
    this.cursor = from;
    this.#place = log.open(from, types);
    this.#running = this.#run();
    readers.push(this);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    log.close(this.#place);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const stretch = await this.#place.next(100, this.#stopping.signal);
      if (stretch === null) continue;
      this.got.push(...stretch.entries.map(({ subject, sequence }) => `${subject}/${sequence}`));
      this.cursor = joined(this.cursor, stretch.after);
    }
  }
}

const begin = () => transactions.begin(database.url);

describe('the event log', () => {
  it('brings what a transaction writes that commits late, without stalling anybody', async () => {
    const reader = new Reader();
    const late = await begin();
    await writeEvent(late, 'late');
    for (let index = 0; index < 5; index += 1) await raise(instance, makeEvent(`m-${index}`, 1));
    log.wake();
    await expect.poll(() => reader.got).toEqual(['m-0/1', 'm-1/1', 'm-2/1', 'm-3/1', 'm-4/1']);
    expect(reader.cursor).toEqual({ position: endOf(6), gaps: [{ lo: at(1), hi: endOf(1) }] });
    // Long after the gap was old enough to be asked about.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await writeEvent(late, 'late', 2);
    await late.query('commit');
    await expect.poll(() => reader.got.slice(5)).toEqual(['late/1', 'late/2']);
    expect(reader.cursor).toEqual({ position: endOf(7), gaps: [] });
  });

  it('passes over what was rolled back, a savepoint or a whole transaction', async () => {
    const reader = new Reader();
    const undone = await begin();
    await writeEvent(undone, 'undone');
    const half = await begin();
    await half.query('savepoint s');
    await writeEvent(half, 'half');
    await half.query('rollback to savepoint s');
    await writeEvent(half, 'kept');
    await half.query('commit');
    await expect.poll(() => reader.got).toEqual(['kept/1']);
    expect(reader.cursor.gaps).not.toEqual([]);
    await undone.query('rollback');
    await expect.poll(() => reader.cursor).toEqual({ position: endOf(3), gaps: [] });
    expect(reader.got).toEqual(['kept/1']);
  });

  it('asks about the gaps of a cursor that was kept anew', async () => {
    const late = await begin();
    await writeEvent(late, 'late');
    await raise(instance, makeEvent('m', 1));
    const first = new Reader();
    await expect.poll(() => first.got).toEqual(['m/1']);
    await first.stop();
    const second = new Reader(first.cursor);
    await late.query('commit');
    await expect.poll(() => second.got).toEqual(['late/1']);
    expect(second.cursor).toEqual({ position: endOf(2), gaps: [] });
  });

  it('brings readers at different places what each has not had', async () => {
    await raiseMany(instance, { messages: 100, each: 26 });
    const one = new Reader({ position: endOf(2_490), gaps: [{ lo: at(3), hi: endOf(4) }] });
    await expect.poll(() => one.got.length).toBe(112);
    const all = new Reader();
    const ahead = new Reader({ position: endOf(2_590), gaps: [{ lo: at(2_505), hi: endOf(2_505) }] });
    await expect.poll(() => all.got.length).toBe(2_600);
    await raiseMany(instance, { messages: 110, each: 1, prefix: 'new' });
    log.wake();
    await expect.poll(() => all.got.length).toBe(2_710);
    await expect.poll(() => one.got.length).toBe(222);
    // Of the old ones it had all but those behind its place, and one in a gap.
    await expect.poll(() => ahead.got.length).toBe(121);
    expect(new Set(all.got).size).toBe(2_710);
  });

  it('gives each event of one message in order, whatever else is late', async () => {
    const reader = new Reader();
    const holders: pg.Client[] = [];
    for (let round = 1; round <= 20; round += 1) {
      const holder = await begin();
      await writeEvent(holder, `held-${round}`);
      holders.push(holder);
      await raise(instance, makeEvent('m', round));
      if (round % 3 === 0) await holders.shift()?.query(round % 2 === 0 ? 'commit' : 'rollback');
      log.wake();
    }
    for (const holder of holders) await holder.query('commit');
    await expect.poll(() => reader.cursor).toEqual({ position: endOf(40), gaps: [] });
    expect(reader.got.filter((each) => each.startsWith('m/'))).toEqual(
      Array.from({ length: 20 }, (_, index) => `m/${index + 1}`),
    );
    expect(reader.got).toHaveLength(37);
    expect(new Set(reader.got).size).toBe(37);
  });

  it('goes on behind positions that nobody ever had', async () => {
    const reader = new Reader();
    await raise(instance, makeEvent('m', 1));
    await query(database.url, `select setval(pg_get_serial_sequence('esms.changes', 'position'), ${at(5_000_001)})`);
    await raise(instance, makeEvent('m', 2));
    log.wake();
    await expect.poll(() => reader.cursor).toEqual({ position: endOf(5_000_002), gaps: [] });
    expect(reader.got).toEqual(['m/1', 'm/2']);
  });

  it('gives all readers one event that none of them can change', async () => {
    await raise(instance, makeEvent('m', 1));
    const place = log.open(BEGINNING, EVENT_TYPES);
    const other = log.open(BEGINNING, EVENT_TYPES);
    const signal = new AbortController().signal;
    const first = async (of: LogPlace) => {
      for (;;) {
        const entry = (await of.next(100, signal))?.entries[0];
        if (entry !== undefined) return entry.event;
      }
    };
    const [one, two] = await Promise.all([first(place), first(other)]);
    expect(one).toBe(two);
    expect(one.data).toEqual({ note: 'm/1' });
    expect(() => Object.assign(one.data, { note: 'other' })).toThrow(TypeError);
    log.close(place);
    log.close(other);
  });
});
