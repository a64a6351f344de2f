import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/database/database.js';
import { EsmsMessages, EsmsModule } from '../../src/index.js';
import { Intake } from '../../src/messages/intake.js';
import { LockedByOthers } from '../../src/messages/locked-by-others.js';
import { MessageStore } from '../../src/messages/message-store.js';
import type { ReceivedReport } from '../../src/messages/received-report.js';
import { eventually } from '../support/eventually.js';
import { at, makeReport, type ReportParts } from '../support/reports.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let app: INestApplicationContext;
let holder: pg.Client;
let tries: Map<string, number>;

beforeAll(async () => {
  database = await createTestDatabase();
  const accounts = { default: { tokens: ['token-of-the-lock-test'] } };
  const esms = EsmsModule.forRoot({ accounts, database: { url: database.url }, spool: false });
  app = await NestFactory.createApplicationContext(esms, { logger: false });
  await app.get(Database, { strict: false }).whenReady();
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

beforeEach(async () => {
  holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin');
  tries = new Map();
  const store = app.get(MessageStore, { strict: false });
  const apply = store.apply.bind(store);
  vi.spyOn(store, 'apply').mockImplementation((transaction, received) => {
    for (const { report } of received) tries.set(report.smsId, (tries.get(report.smsId) ?? 0) + 1);
    return apply(transaction, received);
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await holder.end();
});

/** Registers as a host does, in a transaction that stays open. */
const register = (registration: object) =>
  app.get(EsmsMessages, { strict: false }).register(registration, { manager: holder });

const received = (parts: ReportParts): ReceivedReport => ({ report: makeReport(parts), raw: null });
const accept = (parts: ReportParts, lockMs?: number): Promise<void> =>
  app
    .get(Intake, { strict: false })
    .accept(received(parts), lockMs === undefined ? undefined : { isOver: false, lockMs });

/** Whether a report is stored by now. */
async function isStored({ smsId }: ReportParts): Promise<boolean> {
  const rows = await query(database.url, `select from esms.receipts where sms_id = '${smsId}'`);
  return rows.length > 0;
}

const LONG_MS = 60_000;

interface Case {
  held: ReportParts;
  before?: ReportParts;
  /** What holds it; `holder` has a transaction open. */
  hold(): Promise<unknown>;
  /** The lock cannot be seen beforehand, so that others are tried more than once. */
  unseen?: true;
}

const cases: Record<string, Case> = {
  'the row of a message': {
    before: { smsId: 'row', sendStatus: 2 },
    held: { smsId: 'row', receivedAt: at(1) },
    hold: () => holder.query(`select from esms.messages where sms_id = 'row' for update`),
  },
  'the row of a message, shared': {
    before: { smsId: 'shared', sendStatus: 2 },
    held: { smsId: 'shared', receivedAt: at(1) },
    hold: () => holder.query(`select from esms.messages where sms_id = 'shared' for key share`),
  },
  'a RequestId that a host registers': {
    held: { smsId: 'by-request', requestId: 'request-1' },
    hold: () => register({ requestId: 'request-1' }),
  },
  'a message that a host makes': {
    held: { smsId: 'made' },
    hold: () => register({ smsId: 'made' }),
  },
  'a message that a host registers after its callback': {
    before: { smsId: 'known', sendStatus: 2 },
    held: { smsId: 'known', receivedAt: at(1) },
    hold: () => register({ smsId: 'known', ref: 'known-1' }),
  },
  'a registration that the callback would be linked to': {
    held: { smsId: 'linked', requestId: 'request-2' },
    hold: async () => {
      await app.get(EsmsMessages, { strict: false }).register({ requestId: 'request-2' });
      await holder.query(`select from esms.registrations where request_id = 'request-2' for update`);
    },
  },
  'a message that somebody makes without us': {
    held: { smsId: 'foreign' },
    hold: () =>
      holder.query(`insert into esms.messages (account, sms_id, version, sequence, state, registered, created_at, document)
        values ('default', 'foreign', 1, 0, 'pending', false, now(), '{}')`),
    unseen: true,
  },
  'the receipt of a message': {
    before: { smsId: 'receipt' },
    held: { smsId: 'receipt', receivedAt: at(1) },
    hold: () => holder.query(`select from esms.receipts where sms_id = 'receipt' for update`),
    unseen: true,
  },
};

describe.each(Object.entries(cases))('while another transaction holds %s', (name, { held, before, hold, unseen }) => {
  it('all others are committed with their first transaction, and this one when it is let go', async () => {
    if (before !== undefined) await accept({ ...held, ...before, receivedAt: at(0) });
    await hold();
    const waiting = accept(held, LONG_MS);
    const others = Array.from({ length: 40 }, (_, index) => `${name}-${index}`);
    await Promise.all(others.map((smsId) => accept({ smsId })));
    if (before === undefined) expect(await isStored(held)).toBe(false);
    if (!unseen) expect(others.map((smsId) => tries.get(smsId))).toEqual(others.map(() => 1));
    // Once known, it is tried apart from all others.
    await eventually(() => expect(tries.get(held.smsId as string)).toBeGreaterThan(3));
    const later = Array.from({ length: 40 }, (_, index) => `${name}-later-${index}`);
    await Promise.all([...later.map((smsId) => accept({ smsId })), expectRefused(held)]);
    expect(later.map((smsId) => tries.get(smsId))).toEqual(later.map(() => 1));
    await holder.query('rollback');
    await waiting;
    expect(await isStored(held)).toBe(true);
  });
});

/** One that is not to wait long is refused as what it is. */
async function expectRefused(held: ReportParts): Promise<void> {
  await expect(accept(held, 30)).rejects.toBeInstanceOf(LockedByOthers);
}

it('five hundred messages that are held keep nobody else up', async () => {
  const held = Array.from({ length: 500 }, (_, index) => `held-${index}`);
  await Promise.all(held.slice(0, 250).map((smsId) => accept({ smsId, sendStatus: 2 })));
  await holder.query(`select from esms.messages where sms_id like 'held-%' for update`);
  for (const smsId of held.slice(250, 300)) await register({ smsId });
  for (const smsId of held.slice(300)) await register({ requestId: smsId });
  tries.clear();
  const waiting = held.map((smsId) => accept({ smsId, requestId: smsId, receivedAt: at(1) }, LONG_MS));
  const others = Array.from({ length: 500 }, (_, index) => `free-${index}`);
  await Promise.all(others.map((smsId) => accept({ smsId })));
  expect(others.map((smsId) => tries.get(smsId))).toEqual(others.map(() => 1));
  expect(await query(database.url, `select from esms.receipts where report->>'requestId' like 'held-%'`)).toEqual([]);
  await holder.query('commit');
  await Promise.all(waiting);
});

it('while a whole table is locked, reports are refused as in an outage, and none is taken for the one at fault', async () => {
  await holder.query('lock table esms.receipts');
  const lives = Array.from({ length: 40 }, (_, index) => accept({ smsId: `table-${index}` }));
  const results = await Promise.allSettled(lives);
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
  for (const result of results) expect(result).not.toMatchObject({ reason: expect.any(LockedByOthers) });
  await holder.query('rollback');
  await Promise.all(Array.from({ length: 40 }, (_, index) => accept({ smsId: `table-${index}` })));
});
