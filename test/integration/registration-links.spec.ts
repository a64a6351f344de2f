import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { rowsOf } from '../../src/database/sql-runner.js';
import type { Report } from '../../src/domain/report.js';
import { type Change, eventsOf } from '../../src/events/event-row.js';
import { EsmsMessages, EsmsModule, type MessageView } from '../../src/index.js';
import { Intake } from '../../src/messages/intake.js';
import { at, makeReport } from '../support/reports.js';
import { STORED_CHANGES_SQL } from '../support/stored-changes.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let app: INestApplicationContext;
let run = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  const accounts = { default: { tokens: ['token-of-the-link-test'] } };
  const options = { accounts, database: { url: database.url }, spool: false } as const;
  app = await NestFactory.createApplicationContext(EsmsModule.forRoot(options), { logger: false });
  await app.get(Database, { strict: false }).whenReady();
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

/** A callback of one leg of a send, at a second of its own; only some carry the RequestId. */
interface Leg {
  leg: number;
  second: number;
  hasRequestId: boolean;
  isFinal: boolean;
}

const LEGS = fc.uniqueArray(
  fc.record({
    leg: fc.nat({ max: 3 }),
    second: fc.nat({ max: 30 }),
    hasRequestId: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    isFinal: fc.boolean(),
  }),
  { minLength: 2, maxLength: 7, selector: ({ second }) => second },
);

const smsIdOf = (name: string, leg: number): string => `${name}-leg-${leg}`;

function reportOf(name: string, { leg, second, hasRequestId, isFinal }: Leg): Report {
  return makeReport({
    smsId: smsIdOf(name, leg),
    requestId: hasRequestId ? `r-${name}` : null,
    receivedAt: at(second),
    digest: `${second}`,
    ...(isFinal ? {} : { sendStatus: 2, succeeded: 0 }),
  });
}

const accept = (report: Report): Promise<void> => app.get(Intake, { strict: false }).accept({ report, raw: null });

async function viewsOf(name: string): Promise<MessageView[]> {
  const smsIds = [0, 1, 2, 3].map((leg) => smsIdOf(name, leg));
  const messages = app.get(EsmsMessages, { strict: false });
  return (await Promise.all(smsIds.map((smsId) => messages.get(smsId)))).filter((view) => view !== null);
}

/** By the order in which they were received: those that carry the RequestId get the registrations. */
function expectedLinks(name: string, legs: readonly Leg[], registrations: number): Record<string, string | null> {
  const inOrder = legs.toSorted((a, b) => a.second - b.second);
  const received = [...new Set(inOrder.map(({ leg }) => leg))];
  const carriers = received.filter((leg) => legs.some((each) => each.leg === leg && each.hasRequestId));
  return Object.fromEntries(
    received.map((leg) => {
      const index = carriers.indexOf(leg);
      return [smsIdOf(name, leg), index >= 0 && index < registrations ? `ref-${name}-${index}` : null];
    }),
  );
}

async function expectTold(view: MessageView): Promise<void> {
  const rows = await rowsOf<Change>(app.get(Database, { strict: false }), STORED_CHANGES_SQL, [view.smsId]);
  const events = rows.flatMap(eventsOf);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
  const told = events.filter(({ type }) => type === 'message.registered').map(({ data }) => data);
  const last = told.at(-1);
  const { ref, registered } = last !== undefined && 'message' in last ? last.message : { ref: null, registered: false };
  expect({ ref, registered }).toEqual({ ref: view.ref, registered: view.registered });
}

it('are the same in whatever order callbacks of one RequestId are processed, one by one or together', async () => {
  const given = fc.tuple(
    LEGS.chain((legs) => fc.tuple(fc.constant(legs), fc.shuffledSubarray(legs, { minLength: legs.length }))),
    fc.integer({ min: 1, max: 3 }),
    fc.nat({ max: 7 }),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(given, async ([[legs, order], registrations, before, isTogether]) => {
      run += 1;
      const name = `links-${run}`;
      const messages = app.get(EsmsMessages, { strict: false });
      const acceptAll = async (some: readonly Leg[]): Promise<void> => {
        if (isTogether) await Promise.all(some.map((leg) => accept(reportOf(name, leg))));
        else for (const leg of some) await accept(reportOf(name, leg));
      };
      await acceptAll(order.slice(0, before));
      for (let index = 0; index < registrations; index++) {
        await messages.register({ ref: `ref-${name}-${index}`, requestId: `r-${name}`, recipient: '0901888484' });
      }
      await acceptAll(order.slice(before));

      const views = await viewsOf(name);
      const links = Object.fromEntries(views.map(({ smsId, ref }) => [smsId, ref]));
      expect(links).toEqual(expectedLinks(name, legs, registrations));
      for (const view of views) {
        expect(view.registered).toBe(view.ref !== null);
        expect(view.recipient?.value ?? null).toBe(view.registered ? '0901888484' : null);
        await expectTold(view);
      }
      const linked = Object.values(links).filter((ref) => ref !== null).length;
      const { items } = await messages.find({ requestId: `r-${name}`, limit: 100 });
      expect(items.filter(({ smsId }) => smsId === null)).toHaveLength(registrations - linked);
    }),
    { numRuns: 60 },
  );
});

it('an earlier leg that was spooled takes the registration over, and both messages are told of', async () => {
  const messages = app.get(EsmsMessages, { strict: false });
  await messages.register({ ref: 'spooled', requestId: 'r-spooled', scheduledFor: '2026-11-25', metadata: { a: 1 } });
  await accept(makeReport({ smsId: 'leg-sms', requestId: 'r-spooled', receivedAt: at(20), price: '850.0000' }));
  expect(await messages.get('leg-sms')).toMatchObject({ ref: 'spooled', metadata: { a: 1 } });
  await accept(
    makeReport({
      smsId: 'leg-zalo',
      requestId: 'r-spooled',
      receivedAt: at(10),
      typeId: '25',
      succeeded: 0,
      failed: 1,
    }),
  );
  expect(await messages.get('leg-zalo')).toMatchObject({ ref: 'spooled', registered: true, metadata: { a: 1 } });
  expect(await messages.get('leg-sms')).toMatchObject({
    ref: null,
    registered: false,
    metadata: null,
    outcome: 'delivered',
  });
  for (const smsId of ['leg-sms', 'leg-zalo']) await expectTold((await messages.get(smsId)) as MessageView);
});

it.each([
  ['message that has it', `select from esms.messages where sms_id = 'held-1-sms' for update`],
  ['registration', `select from esms.registrations where ref = 'held-2' for update`],
  ['RequestId', `select pg_advisory_xact_lock(hashtextextended('default' || chr(1) || 'r-held-3', 0))`],
])('takes a registration over once nobody holds it any more: the %s', async (_what, lock) => {
  const name = /held-\d/.exec(lock)?.[0] as string;
  const messages = app.get(EsmsMessages, { strict: false });
  await messages.register({ ref: name, requestId: `r-${name}` });
  await accept(makeReport({ smsId: `${name}-sms`, requestId: `r-${name}`, receivedAt: at(20) }));
  const zalo = makeReport({ smsId: `${name}-zalo`, requestId: `r-${name}`, receivedAt: at(10), typeId: '25' });
  const locker = new Client({ connectionString: database.url });
  await locker.connect();
  await locker.query(`begin; ${lock}`);
  const refused = await accept(zalo).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: '55P03' });
  expect(await messages.get(`${name}-zalo`)).toBeNull();
  expect(await messages.get(`${name}-sms`)).toMatchObject({ ref: name });
  await locker.query('commit');
  await locker.end();
  await accept(zalo);
  expect(await messages.get(`${name}-zalo`)).toMatchObject({ ref: name });
  expect(await messages.get(`${name}-sms`)).toMatchObject({ ref: null });
});

it('a registration that states its SMSID keeps it', async () => {
  const messages = app.get(EsmsMessages, { strict: false });
  await messages.register({ ref: 'stating', requestId: 'r-stating' });
  await accept(makeReport({ smsId: 'stated', requestId: 'r-stating', receivedAt: at(20) }));
  await messages.register({ ref: 'stating', smsId: 'stated' });
  await accept(makeReport({ smsId: 'earlier', requestId: 'r-stating', receivedAt: at(10) }));
  expect(await messages.get('stated')).toMatchObject({ ref: 'stating' });
  expect(await messages.get('earlier')).toMatchObject({ registered: false });
});

it('many sends at once, their legs crossing: each as it was received', async () => {
  const messages = app.get(EsmsMessages, { strict: false });
  const names = Array.from({ length: 40 }, (_, index) => `cross-${index}`);
  await messages.registerAll(names.map((name) => ({ ref: `ref-${name}`, requestId: `r-${name}` })));
  const legs = names.flatMap((name) =>
    [3, 1, 2, 0].map((leg) => reportOf(name, { leg, second: leg, hasRequestId: true, isFinal: true })),
  );
  await Promise.all(legs.map(accept));
  for (const name of names) {
    expect((await viewsOf(name)).map(({ ref }) => ref)).toEqual([`ref-${name}`, null, null, null]);
  }
});
