import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { rowsOf, type Transaction } from '../../src/database/sql-runner.js';
import { attributedRecipient } from '../../src/domain/attribution.js';
import type { StatusData } from '../../src/domain/domain-event.js';
import { isPermanent } from '../../src/database/is-permanent.js';
import { sqlStateOf } from '../../src/database/sql-state.js';
import { deriveMessage } from '../../src/domain/merge.js';
import { emptyMessage } from '../../src/domain/message-state.js';
import { viewMessage } from '../../src/domain/message-view.js';
import type { Report } from '../../src/domain/report.js';
import { type Change, eventsOf } from '../../src/events/event-row.js';
import { Outbox } from '../../src/events/outbox.js';
import { EsmsModule } from '../../src/index.js';
import { Intake } from '../../src/messages/intake.js';
import { MessageRecords } from '../../src/messages/message-records.js';
import { MessageStore } from '../../src/messages/message-store.js';
import type { ReceivedReport } from '../../src/messages/received-report.js';
import type { StoredMessage } from '../../src/messages/stored-message.js';
import { eventually } from '../support/eventually.js';
import { CLOSE, messageLog } from '../support/message-log.js';
import { expectedOf, visibleOf } from '../support/message-oracle.js';
import { at, makeReport } from '../support/reports.js';
import { distinct } from '../support/stored-message.js';
import { STORED_CHANGES_SQL } from '../support/stored-changes.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { OPEN_DELIVERIES } from '../support/open-deliveries.js';

let database: TestDatabase;
let app: INestApplicationContext;
let run = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  const accounts = { default: { tokens: ['token-of-the-store-test'] } };
  app = await NestFactory.createApplicationContext(
    EsmsModule.forRoot({ accounts, database: { url: database.url }, spool: false }),
    {
      logger: false,
    },
  );
  await app.get(Database, { strict: false }).whenReady();
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

/** What comes for up to three messages: copies and all, in any order, in batches, for two appliers. */
interface Arrivals {
  /** Messages are numbered; each run gives them new names. */
  arrivals: { message: number; report: Report }[];
  sizes: number[];
}

const reportsOfOne = messageLog({ maxLength: 9 }).map((letters) => letters.filter((letter) => letter !== CLOSE));

const arrivals: fc.Arbitrary<Arrivals> = fc
  .array(reportsOfOne, { minLength: 1, maxLength: 3 })
  .map((logs) => logs.flatMap((reports, message) => reports.map((report) => ({ message, report }))))
  .chain((all) =>
    fc.record({
      arrivals: fc.shuffledSubarray(all, { minLength: all.length }),
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
    }),
  );

/** The arrivals under names of this run. */
function named({ arrivals: all }: Arrivals): ReceivedReport[] {
  run += 1;
  return all.map(({ message, report }) => ({ report: { ...report, smsId: `run-${run}-${message}` }, raw: null }));
}

function batchesOf(received: readonly ReceivedReport[], sizes: readonly number[]): ReceivedReport[][] {
  const batches: ReceivedReport[][] = [];
  for (let start = 0; start < received.length; ) {
    const size = sizes[batches.length % sizes.length] as number;
    batches.push(received.slice(start, start + size));
    start += size;
  }
  return batches;
}

/** Stores batches one after the other. Gives how often one had to be stored again because of a race. */
async function apply(batches: readonly ReceivedReport[][]): Promise<number> {
  let races = 0;
  const store = app.get(MessageStore, { strict: false });
  const pool = app.get(Database, { strict: false });
  for (const batch of batches) {
    for (let left: readonly ReceivedReport[] = batch; left.length > 0; ) {
      try {
        const { busy } = await pool.ingest((runner) => store.apply(runner, left));
        left = busy;
      } catch (error) {
        if (sqlStateOf(error) !== '23505') throw error;
        races += 1;
      }
    }
  }
  return races;
}

/** A message and its events as they are stored. */
async function storedOf(smsId: string) {
  const { dataSource, tables } = app.get(Database, { strict: false });
  const records = app.get(MessageRecords, { strict: false });
  const [message] = await records.lock(dataSource, [{ account: 'default', smsId }]);
  const rows = await rowsOf<Change>(dataSource, STORED_CHANGES_SQL, [smsId]);
  const [receipts] = await rowsOf<{ kept: number; arrived: number }>(
    dataSource,
    `select count(*)::int as kept, sum(repeats + 1)::int as arrived from ${tables.receipts} where sms_id = $1`,
    [smsId],
  );
  if (message === undefined) throw new Error(`${smsId} is not stored`);
  return { message, events: rows.flatMap(eventsOf), receipts };
}

/** In ten thousandths, so that no float is involved. */
const unitsOf = (amount: string): bigint => BigInt(amount.replace('.', ''));

/** Everything design §3 and §5 promise of one message, whatever came in whatever order. */
async function expectDerived(smsId: string, came: readonly Report[]): Promise<void> {
  const reports = distinct(came);
  const { message, events, receipts } = await storedOf(smsId);
  const expected = deriveMessage(emptyMessage('default', smsId), reports);
  expect(message.state).toEqual(expected);
  expect(visibleOf(message.state)).toEqual(expectedOf(reports, expected));
  const times = new Set(came.map(({ source, digest, receivedAt }) => `${source} ${digest} ${receivedAt}`));
  expect(receipts).toEqual({ kept: reports.length, arrived: times.size });

  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
  expect(message.sequence).toBe(events.length);

  const deltas = events.flatMap(({ data }) => ('delta' in data ? [unitsOf(data.delta)] : []));
  const total = expected.facts.price?.value;
  expect(deltas.length > 0).toBe(total !== undefined);
  expect(deltas.reduce((sum, delta) => sum + delta, 0n)).toBe(unitsOf(total ?? '0.0000'));

  const view = viewMessage(message.state, null);
  const last = events.map(({ data }) => data).findLast((data): data is StatusData => 'previous' in data);
  const told = last?.message ?? null;
  if (view.state === 'pending') return expect(told).toBeNull();
  const { state, outcome, counters } = view;
  expect(told).toMatchObject({ state, outcome, counters });
  if (!view.final) return;
  expect(told).toMatchObject({ error: view.error, channel: view.channel, recipient: view.recipient });
}

async function expectAllDerived(received: readonly ReceivedReport[]): Promise<void> {
  const reports = received.map(({ report }) => report);
  for (const smsId of new Set(reports.map((report) => report.smsId))) {
    await expectDerived(
      smsId,
      reports.filter((report) => report.smsId === smsId),
    );
  }
}

it('two appliers at once, in any order and any batches: the row is what the set of its reports makes', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async (given) => {
      const received = named(given);
      const batches = batchesOf(received, given.sizes);
      const races = await Promise.all(
        [0, 1].map((applier) => apply(batches.filter((_batch, index) => index % 2 === applier))),
      );
      // Only making a message is raced for: one that is there is locked.
      const made = new Set(received.map(({ report }) => report.smsId)).size;
      expect((races[0] ?? 0) + (races[1] ?? 0)).toBeLessThanOrEqual(made);
      await expectAllDerived(received);
    }),
    { numRuns: 100 },
  );
});

it('all at once through the intake: the same', async () => {
  const intake = app.get(Intake, { strict: false });
  await fc.assert(
    fc.asyncProperty(arrivals, async (given) => {
      const received = named(given);
      await Promise.all(received.map((each) => intake.accept(each)));
      await expectAllDerived(received);
    }),
    { numRuns: 100 },
  );
});

it('a message that is not as it was when it was locked is not written, and that passes', async () => {
  const { dataSource } = app.get(Database, { strict: false });
  const records = app.get(MessageRecords, { strict: false });
  await apply([[{ report: makeReport({ smsId: 'guarded' }), raw: null }]]);
  const [message] = await records.lock(dataSource, [{ account: 'default', smsId: 'guarded' }]);
  const other = { ...(message as StoredMessage), version: 7 };
  const error = await records.save(dataSource, [other]).catch((reason: unknown) => reason);
  expect(sqlStateOf(error)).toBe('22012');
  expect(isPermanent(error)).toBe(false);
  expect(await records.lock(dataSource, [{ account: 'default', smsId: 'guarded' }])).toEqual([message]);
});

it('a message that another transaction makes after ours has looked for it: ours is run again, nothing is lost', async () => {
  const received = (smsId: string): ReceivedReport => ({ report: makeReport({ smsId, price: '1.0000' }), raw: null });
  await apply([[received('made-before')]]);
  const both = [received('made-before'), received('made-meanwhile')];
  const store = app.get(MessageStore, { strict: false });
  const ours = app.get(Database, { strict: false }).ingest((runner) => {
    let hasLooked = false;
    return store.apply(
      {
        commitWith: (statements) => runner.commitWith(statements),
        query: async (sql, parameters) => {
          const answer = await runner.query(sql, parameters);
          if (!hasLooked && sql.includes('for update')) {
            hasLooked = true;
            // As from one that does not hold what whoever makes a message does.
            await app
              .get(Database, { strict: false })
              .ingest((inner) => store.apply(careless(inner), [received('made-meanwhile')]));
          }
          return answer;
        },
      },
      both,
    );
  });
  await expect(ours).rejects.toMatchObject({ code: '23505' });
  await apply([both]);
  for (const [smsId, copies] of [
    ['made-before', 2],
    ['made-meanwhile', 2],
  ] as const) {
    await expectDerived(smsId, Array<Report>(copies).fill(received(smsId).report));
  }
});

function careless(transaction: Transaction): Transaction {
  return {
    commitWith: (statements) => transaction.commitWith(statements),
    query: (sql, parameters) =>
      transaction.query(sql.replaceAll('pg_try_advisory_xact_lock', '0 is distinct from '), parameters),
  };
}

it('the reports of one transaction are told in the order of their coming', async () => {
  const smsId = 'in-order';
  const [delivered, sent, pending] = [
    makeReport({ smsId, receivedAt: at(3), price: '3.0000' }),
    makeReport({ smsId, receivedAt: at(2), sendStatus: 7, succeeded: 0, price: '2.0000' }),
    makeReport({ smsId, receivedAt: at(1), sendStatus: 2, succeeded: 0, price: '1.0000' }),
  ];
  await apply([[delivered, sent, pending].map((report) => ({ report, raw: null }))]);
  const { events } = await storedOf(smsId);
  expect(events.map(({ type, time, data }) => [type, time.slice(17, 19), 'delta' in data ? data.delta : null])).toEqual(
    [
      ['message.cost_changed', '41', '1.0000'],
      ['message.sent', '42', null],
      ['message.cost_changed', '42', '1.0000'],
      ['message.delivered', '43', null],
      ['message.cost_changed', '43', '1.0000'],
    ],
  );
});

it('and in the end ledger and contacts agree with every one of these messages', async () => {
  const { dataSource, tables } = app.get(Database, { strict: false });
  app.get(Outbox, { strict: false }).announce();
  const open = `select count(*)::int from (${OPEN_DELIVERIES}) each`;
  await eventually(async () => expect(await rowsOf(dataSource, open)).toEqual([{ count: 0 }]));

  const [checked] = await rowsOf<{ messages: number; charged: number }>(
    dataSource,
    `select count(*)::int as messages, count(price)::int as charged from ${tables.messages}`,
  );
  expect(checked?.messages).toBeGreaterThan(200);
  expect(checked?.charged).toBeGreaterThan(50);
  expect(
    await rowsOf(
      dataSource,
      `select m.sms_id, m.price, l.sum from ${tables.messages} m
       left join (select sms_id, sum(delta) from ${tables.ledger} group by sms_id) l on l.sms_id = m.sms_id
       where m.price is distinct from l.sum`,
    ),
  ).toEqual([]);

  const names = await rowsOf<{ account: string; smsId: string }>(
    dataSource,
    `select account, sms_id as "smsId" from ${tables.messages}`,
  );
  const messages = await app.get(MessageRecords, { strict: false }).lock(dataSource, names);
  const expected = messages.flatMap(({ state }) => {
    const view = viewMessage(state, null);
    const person = attributedRecipient(view);
    return person === null ? [] : [[view.smsId, person.value, view.channel, view.outcome, view.error?.reason ?? null]];
  });
  const entries = await rowsOf<Record<string, string>>(
    dataSource,
    `select sms_id, contact, channel, outcome, reason from ${tables.contact_entries}`,
  );
  expect(expected.length).toBeGreaterThan(10);
  expect(entries.map((each) => Object.values(each)).toSorted(byName)).toEqual(expected.toSorted(byName));
});

const byName = ([a]: unknown[], [b]: unknown[]): number => String(a).localeCompare(String(b));
