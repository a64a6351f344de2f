import { setTimeout as sleep } from 'node:timers/promises';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Database } from '../../src/database/database.js';
import { rowsOf } from '../../src/database/sql-runner.js';
import type { StatusData } from '../../src/domain/domain-event.js';
import { EsmsContacts, EsmsLedger, EsmsMessages, EsmsModule, type EsmsEvent, OnEsmsEvent } from '../../src/index.js';
import { Intake } from '../../src/messages/intake.js';
import { SilenceCloser } from '../../src/messages/silence.closer.js';
import { eventually } from '../support/eventually.js';
import { at, makeReport } from '../support/reports.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SILENCE_MS = 1;
const HOUR_MS = 3_600_000;

@Injectable()
class Recorder {
  readonly events: EsmsEvent[] = [];

  @OnEsmsEvent('*', { subscriber: 'recorder' })
  record(event: EsmsEvent): void {
    this.events.push(event);
  }
}

@Module({})
class Host {}

let database: TestDatabase;
let app: INestApplicationContext;
let run = 0;

beforeAll(async () => {
  // By itself it closes once a minute: in the middle of a test, where that takes so long.
  vi.spyOn(SilenceCloser.prototype, 'onApplicationBootstrap').mockReturnValue();
  database = await createTestDatabase();
  const esms = EsmsModule.forRoot({
    accounts: { default: { tokens: ['token-of-the-silence-test'] } },
    database: { url: database.url },
    spool: false,
    silenceHours: SILENCE_MS / HOUR_MS,
  });
  const host = { module: Host, imports: [esms], providers: [Recorder] };
  app = await NestFactory.createApplicationContext(host, { logger: false });
  await app.get(Database, { strict: false }).whenReady();
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

const OPERATIONS = ['register', 'complete', 'name', 'waiting', 'final', 'silence'] as const;
type Operation = (typeof OPERATIONS)[number];

/** What chance may not bring. */
const OPENED_AGAIN: Operation[][] = [
  ['register', 'silence', 'final'],
  ['register', 'silence', 'waiting', 'silence', 'final'],
  ['register', 'silence', 'name', 'silence', 'final'],
  ['complete', 'silence', 'complete', 'silence', 'final', 'waiting'],
];

/** What is known of one registration and its message after some operations. */
interface Expected {
  isRegistered: boolean;
  isNamed: boolean;
  hasRequestId: boolean;
  isWaiting: boolean;
  isFinal: boolean;
  /** Of the message. */
  isClosed: boolean;
  isRegistrationClosed: boolean;
  closings: number;
}

const isMessage = (known: Expected): boolean => known.isWaiting || known.isFinal || known.isNamed;
const isLinked = (known: Expected): boolean =>
  known.isRegistered && (known.isNamed || (known.hasRequestId && (known.isWaiting || known.isFinal)));

function after(operation: Operation, known: Expected): Expected {
  const next = { ...known };
  switch (operation) {
    case 'register':
    case 'complete':
      next.isRegistered = true;
      next.hasRequestId = true;
      break;
    case 'name':
      next.isRegistered = true;
      next.isNamed = true;
      break;
    case 'waiting':
      next.isWaiting = true;
      break;
    case 'final':
      next.isFinal = true;
      next.isClosed = false;
      break;
    case 'silence':
      if (isMessage(known) && !known.isFinal) next.isClosed = true;
      if (known.isRegistered && !isLinked(known) && !known.isRegistrationClosed) {
        next.isRegistrationClosed = true;
        next.closings += 1;
      }
  }
  if (isLinked(next)) next.isRegistrationClosed = false;
  return next;
}

function standing(known: Expected): { state: string; outcome: string | null } {
  if (isLinked(known) && known.isFinal) return { state: 'reported', outcome: 'delivered' };
  const isClosed = isLinked(known) ? known.isClosed : known.isRegistrationClosed;
  return isClosed ? { state: 'reported', outcome: 'unknown' } : { state: 'pending', outcome: null };
}

async function perform(operation: Operation, name: string, phone: string): Promise<void> {
  const messages = app.get(EsmsMessages, { strict: false });
  const report = (parts: object) =>
    app
      .get(Intake, { strict: false })
      .accept({ report: makeReport({ smsId: name, requestId: `r-${name}`, receivedAt: at(1), ...parts }), raw: null });
  switch (operation) {
    case 'register':
      await messages.register({ ref: name, requestId: `r-${name}`, recipient: phone });
      break;
    case 'complete':
      await messages.register({ ref: name, requestId: `r-${name}`, recipient: phone, metadata: { completed: true } });
      break;
    case 'name':
      await messages.register({ ref: name, smsId: name, recipient: phone });
      break;
    case 'waiting':
      return report({ sendStatus: 2, succeeded: 0 });
    case 'final':
      return report({ price: '850.0000' });
    case 'silence':
      await sleep(SILENCE_MS + 4);
      await app.get(SilenceCloser, { strict: false }).close();
  }
}

async function expectShown(name: string, phone: string, known: Expected): Promise<void> {
  const messages = app.get(EsmsMessages, { strict: false });
  const { items } = await messages.find({ ref: name });
  expect(items).toMatchObject(
    known.isRegistered ? [{ ref: name, smsId: isLinked(known) ? name : null, ...standing(known) }] : [],
  );
  expect((await messages.find({ phone, account: 'default' })).items).toEqual(items);
  const { state, outcome } = standing(known);
  const asked = {
    ref: name,
    state: state as 'pending',
    ...(outcome === null ? {} : { outcome: outcome as 'unknown' }),
  };
  expect((await messages.find(asked)).items).toEqual(items);
  const dataSource = app.get(Database, { strict: false });
  const view = `select sms_id as "smsId", state, outcome, error_reason as reason from esms.v1_messages where ref = $1`;
  expect(await rowsOf(dataSource, view, [name])).toEqual(
    items.map((each) => ({
      smsId: each.smsId,
      state: each.state,
      outcome: each.outcome,
      reason: each.error?.reason ?? null,
    })),
  );
  const contact = await app.get(EsmsContacts, { strict: false }).get(phone);
  const waiting = (contact?.history ?? []).filter(({ smsId }) => smsId === null);
  expect(waiting).toMatchObject(
    known.isRegistered && !isLinked(known)
      ? [{ ref: name, outcome: known.isRegistrationClosed ? 'unknown' : null }]
      : [],
  );
}

/** Every event of one subject, in the order of its sequence. */
async function eventsOf(where: string, name: string): Promise<{ subject: string; sequence: number; type: string }[]> {
  return rowsOf(
    app.get(Database, { strict: false }),
    `select subject, sequence::int, type from esms.events where ${where} order by subject, sequence`,
    [name],
  );
}

it('in any order of registration, silence, callbacks and completion: found, closed, told and opened again', async () => {
  const first: Expected = {
    isRegistered: false,
    isNamed: false,
    hasRequestId: false,
    isWaiting: false,
    isFinal: false,
    isClosed: false,
    isRegistrationClosed: false,
    closings: 0,
  };
  const runs: { name: string; known: Expected }[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 7 }), async (operations) => {
      run += 1;
      const [name, phone] = [`silent-${run}`, `09120${String(run).padStart(5, '0')}`];
      let known = first;
      // The closer asks about all of them: one that still waits would be closed in another run.
      for (const operation of [...operations, 'silence'] as const) {
        await perform(operation, name, phone);
        known = after(operation, known);
        await expectShown(name, phone, known);
      }
      runs.push({ name, known });
    }),
    { numRuns: 50, examples: OPENED_AGAIN.map((operations) => [operations]) },
  );

  const { events } = app.get(Recorder);
  const open = 'select count(*)::int from esms.deliveries where settled_at is null';
  const isSettled = async () =>
    expect(await rowsOf(app.get(Database, { strict: false }), open)).toEqual([{ count: 0 }]);
  await eventually(isSettled);
  for (const { name, known } of runs) {
    const ofRegistration = await eventsOf(
      `subject = (select 'registration:' || id from esms.registrations where ref = $1)`,
      name,
    );
    expect(ofRegistration).toEqual(
      Array.from({ length: known.closings }, (_, index) => ({
        subject: expect.stringMatching(/^registration:[0-9a-f-]{36}$/) as string,
        sequence: index + 1,
        type: 'message.unknown',
      })),
    );
    const ofMessage = await eventsOf('subject = $1', name);
    expect(ofMessage.map(({ sequence }) => sequence)).toEqual(ofMessage.map((_event, index) => index + 1));
    const told = ofMessage.filter(({ type }) => type === 'message.registered').length;
    expect(told > 0).toBe(isLinked(known));
    for (const subject of [ofRegistration[0]?.subject, name]) {
      const handled = events.filter((event) => event.subject === subject);
      expect(handled.map(({ sequence, type }) => ({ sequence, type }))).toEqual(
        (subject === name ? ofMessage : ofRegistration).map(({ sequence, type }) => ({ sequence, type })),
      );
      const smsId = subject === name ? name : null;
      for (const { data } of handled) expect(data).toMatchObject({ message: { smsId } });
    }
    const last = events.findLast(
      ({ subject, data }) => (subject === name || subject === ofRegistration[0]?.subject) && 'previous' in data,
    );
    if (isLinked(known) && known.isFinal) {
      expect((last?.data as StatusData).message).toMatchObject({ smsId: name, outcome: 'delivered' });
    }
    const { sum } = await app.get(EsmsLedger, { strict: false }).entries({ smsId: name });
    expect(sum).toBe(known.isFinal ? '850.0000' : '0.0000');
  }
  expect(runs.filter(({ known }) => known.closings > 0 && isLinked(known)).length).toBeGreaterThanOrEqual(
    OPENED_AGAIN.length,
  );
  expect(
    await rowsOf(app.get(Database, { strict: false }), `select from esms.contact_entries where sms_id like 'reg%'`),
  ).toEqual([]);
});

it('tells who it was for, what was registered, and why', async () => {
  const messages = app.get(EsmsMessages, { strict: false });
  const { events } = app.get(Recorder);
  const registration = { ref: 'told', requestId: 'r-told', recipient: '+84 912 345 678', metadata: { order: 1 } };
  await messages.register({ ...registration, channel: 'viber', scheduledFor: '2026-01-01' });
  await perform('silence', 'told', '');
  await eventually(() => {
    const told = events.find(({ data }) => 'message' in data && data.message.ref === 'told');
    expect(told).toMatchObject({
      type: 'message.unknown',
      sequence: 1,
      data: {
        message: {
          smsId: null,
          ref: 'told',
          requestId: 'r-told',
          channel: 'viber',
          state: 'reported',
          outcome: 'unknown',
          final: true,
          registered: true,
          recipient: { kind: 'phone', value: '0912345678' },
          metadata: { order: 1 },
          error: { reason: 'no_report' },
        },
        previous: { state: 'pending', outcome: null },
        correction: false,
      },
    });
  });
});

it('waits for the time it is scheduled for', async () => {
  const messages = app.get(EsmsMessages, { strict: false });
  await messages.register({ ref: 'scheduled', requestId: 'r-scheduled', scheduledFor: '2999-01-01' });
  await perform('silence', 'scheduled', '');
  expect((await messages.find({ ref: 'scheduled' })).items).toMatchObject([{ state: 'pending' }]);
});

it('closes thousands once, with two closers at once, while callbacks join some', async () => {
  const messages = app.get(EsmsMessages, { strict: false });
  const names = Array.from({ length: 450 }, (_, index) => `many-${index}`);
  for (const name of names) await messages.register({ ref: name, requestId: `r-${name}` });
  const joining = names.slice(0, 60);
  await sleep(SILENCE_MS + 4);
  const closer = app.get(SilenceCloser, { strict: false });
  await Promise.all([closer.close(), closer.close(), ...joining.map((name) => perform('final', name, ''))]);
  await closer.close();
  const rows = await rowsOf<{ ref: string; sequence: number; closed: boolean; linked: boolean; told: number }>(
    app.get(Database, { strict: false }),
    `select r.ref, r.sequence::int, r.closed_at is not null as closed, r.linked_sms_id is not null as linked,
       (select count(*)::int from esms.events e where e.subject = 'registration:' || r.id) as told
     from esms.registrations r where r.ref like 'many-%'`,
  );
  expect(rows).toHaveLength(names.length);
  for (const { ref, sequence, closed, linked, told } of rows) {
    expect([linked, closed, told]).toEqual(joining.includes(ref) ? [true, false, sequence] : [false, true, 1]);
  }
});
