import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallbackKeeper } from '../../src/callbacks/callback-keeper.js';
import { EsmsLedger, EsmsMessages, EsmsQuarantine, OnEsmsEvent, type EsmsEvent } from '../../src/index.js';
import { callbackQuery } from '../support/callback-query.js';
import { DispatcherInstance } from '../support/dispatcher-instance.js';
import { eventually } from '../support/eventually.js';
import { query } from '../support/query.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const LONG_AGO = '2026-03-31T16:59:59.999999Z';
const MARCH = { from: '2026-03-01', to: '2026-04-01' };

/** What a subscriber of a host saw. */
class Seen {
  readonly subjects: string[] = [];

  @OnEsmsEvent('message.delivered', { subscriber: 'seen' })
  see({ subject }: EsmsEvent): Promise<void> {
    this.subjects.push(subject);
    return Promise.resolve();
  }
}

let database: TestDatabase;
let instance: DispatcherInstance;
let ledger: EsmsLedger;
let writer: Client;

beforeEach(async () => {
  database = await createTestDatabase();
  const webhooks = { allowPrivateNetworks: true };
  instance = await DispatcherInstance.start(database.url, { billing: true, providers: [Seen], webhooks });
  await eventually(async () => expect(await instance.subscriptions.list()).toHaveLength(2));
  ledger = instance.app.get(EsmsLedger, { strict: false });
  writer = new Client({ connectionString: database.url });
  await writer.connect();
});

afterEach(async () => {
  await writer.end();
  await instance.stop();
  await database.drop();
});

/** Stores a callback that came at some time, as the spool does. */
async function store(smsId: string | null, receivedAt = new Date().toISOString().replace('Z', '000Z')): Promise<void> {
  const text = callbackQuery(smsId ?? 'none', smsId === null ? { SMSID: '', price: randomUUID() } : {});
  await instance.app
    .get(CallbackKeeper, { strict: false })
    .keep({ account: 'default', query: Buffer.from(text), receivedAt });
}

async function posted(...smsIds: string[]): Promise<void> {
  for (const smsId of smsIds) await store(smsId);
  await instance.caughtUp('billing');
}

/** Posts an entry by hand; what it is worth without `commit` is seen by nobody. */
async function postByHand(smsId: string): Promise<void> {
  await writer.query(
    `insert into esms.ledger (account, sms_id, event_id, delta, total, currency, occurred_at)
     values ('default', $1, $2, 1, 1, 'VND', now())`,
    [smsId, randomUUID()],
  );
}

async function presentOfDatabase(): Promise<string> {
  const [row] = await query(
    database.url,
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
  );
  return row?.['now'] as string;
}

const smsIdsOf = ({ items }: { items: { smsId: string | null }[] }): (string | null)[] =>
  items.map(({ smsId }) => smsId);

/** Every page from a cursor on. */
async function allFrom(cursor: string | null): Promise<(string | null)[]> {
  const page = await ledger.entries({ limit: 1, ...(cursor !== null && { cursor }) });
  return [...smsIdsOf(page), ...(page.nextCursor === null ? [] : await allFrom(page.nextCursor))];
}

describe('what came long ago and is stored now', () => {
  it('has both times', async () => {
    const before = await presentOfDatabase();
    await store('late', LONG_AGO);
    await instance.caughtUp('billing');
    const [receipt] = await instance.app.get(EsmsMessages, { strict: false }).timeline('late');
    const [entry] = (await ledger.entries()).items;
    expect(receipt?.receivedAt).toBe(LONG_AGO);
    expect(entry?.at).toBe(LONG_AGO);
    expect(receipt && receipt.recordedAt > before).toBe(true);
    expect(entry && receipt && entry.recordedAt > receipt.recordedAt).toBe(true);
    const [views] = await query(
      database.url,
      `select l.at = r.received_at as came, l.recorded_at > r.recorded_at as posted
       from esms.v1_ledger l join esms.v1_receipts r using (account, sms_id)`,
    );
    expect(views).toEqual({ came: true, posted: true });
  });

  it('is found by whoever goes on from where they stopped, and leaves what is over as it was', async () => {
    await posted('in-time');
    const stopped = await presentOfDatabase();
    const march = { recorded: await ledger.summary(MARCH), all: await ledger.summary({ to: stopped }) };
    await store('late', LONG_AGO);
    await instance.caughtUp('billing');
    expect(smsIdsOf(await ledger.entries({ from: stopped }))).toEqual(['late']);
    expect(await ledger.summary({ from: stopped })).toMatchObject({ sum: '850.0000' });
    expect(await ledger.summary(MARCH)).toEqual(march.recorded);
    expect(await ledger.summary({ to: stopped })).toEqual(march.all);
    expect(smsIdsOf(await ledger.entries({ to: stopped }))).toEqual(['in-time']);
  });

  it('counts where it came from with by=received, to the microsecond and the day of Vietnam', async () => {
    await store('late', LONG_AGO);
    await store('next', '2026-03-31T17:00:00.000000Z');
    await instance.caughtUp('billing');
    expect(await ledger.summary({ ...MARCH, by: 'received', groupBy: 'day' })).toEqual({
      groups: [{ key: '2026-03-31', messages: 1, amount: '850.0000' }],
      sum: '850.0000',
    });
    expect(await ledger.summary({ from: '2026-04-01', to: '2026-04-02', by: 'received' })).toMatchObject({
      sum: '850.0000',
    });
    expect(await ledger.summary(MARCH)).toEqual({ groups: [], sum: '0.0000' });
  });

  it('is replayed to whoever wants what was stored since', async () => {
    await posted('before');
    await instance.caughtUp('seen');
    const stopped = await presentOfDatabase();
    await store('late', LONG_AGO);
    await instance.caughtUp('seen');
    const seen = instance.app.get(Seen, { strict: false }).subjects;
    expect(seen).toEqual(['before', 'late']);
    await instance.subscriptions.replay('seen', stopped);
    await eventually(() => expect(seen).toEqual(['before', 'late', 'late']));
  });

  it('is the first of the quarantine', async () => {
    await store(null);
    await store(null, LONG_AGO);
    const { items } = await instance.app.get(EsmsQuarantine, { strict: false }).list();
    expect(items.map(({ receivedAt }) => receivedAt === LONG_AGO)).toEqual([true, false]);
  });
});

describe('a list, while a transaction writes to it', () => {
  it('shows no entry of the ledger before one that may still come', async () => {
    await posted('first');
    await writer.query('begin');
    await postByHand('held');
    await posted('quick', 'quicker');
    const page = await ledger.entries({ limit: 1 });
    expect(page).toMatchObject({ items: [{ smsId: 'first' }], nextCursor: null, sum: '850.0000' });
    expect(await ledger.summary()).toMatchObject({ groups: [{ messages: 1 }], sum: '850.0000' });
    await writer.query('commit');
    expect(await allFrom(null)).toEqual(['first', 'held', 'quick', 'quicker']);
    expect((await ledger.entries({ limit: 1 })).sum).toBe('2551.0000');
  });

  it('loses none in the middle of a paging', async () => {
    await posted('first', 'second');
    const { nextCursor } = await ledger.entries({ limit: 1 });
    await writer.query('begin');
    await postByHand('held');
    await posted('quick');
    expect(await allFrom(nextCursor)).toEqual(['second']);
    await writer.query('commit');
    expect(await allFrom(nextCursor)).toEqual(['second', 'held', 'quick']);
  });

  it('goes on where that one rolls back, and where it only reads', async () => {
    await writer.query('begin');
    await writer.query('select from esms.ledger for update');
    await posted('first');
    expect(await allFrom(null)).toEqual(['first']);
    await writer.query('rollback');
    await writer.query('begin');
    await postByHand('undone');
    await posted('second');
    await writer.query('rollback');
    expect(await allFrom(null)).toEqual(['first', 'second']);
  });

  it('is not held back by whoever began before, and writes later', async () => {
    await writer.query('begin');
    await writer.query('select now()');
    await posted('first');
    const stopped = await presentOfDatabase();
    expect(await allFrom(null)).toEqual(['first']);
    await postByHand('late');
    await writer.query('commit');
    // Written after the reader stopped, though its transaction began before.
    expect(smsIdsOf(await ledger.entries({ from: stopped }))).toEqual(['late']);
    expect(await allFrom(null)).toEqual(['first', 'late']);
  });

  it('holds for the quarantine', async () => {
    const quarantine = instance.app.get(EsmsQuarantine, { strict: false });
    await store(null);
    await writer.query('begin');
    await writer.query(
      `insert into esms.quarantine (account, id, received_at, reason, raw, repeats)
       values ('default', $1, $2, 'sms_id_absent', '', 0)`,
      [randomUUID(), LONG_AGO],
    );
    await store(null);
    expect((await quarantine.list({ limit: 1 })).items).toHaveLength(1);
    expect((await quarantine.list()).items).toHaveLength(1);
    await writer.query('commit');
    expect((await quarantine.list()).items).toHaveLength(3);
  });

  it('holds for the attempts of a webhook', async () => {
    const { id } = await instance.webhooks.add({ url: 'http://127.0.0.1:9/' });
    await instance.webhooks.ping(id);
    const write = `
      insert into esms.webhook_attempts (account, webhook, event_id, type, attempt, duration_ms, error)
      values ('default', $1, $2, 'by.hand', 1, 1, 'none')`;
    await writer.query('begin');
    await writer.query(write, [id, randomUUID()]);
    await instance.webhooks.ping(id);
    expect((await instance.webhooks.attempts(id)).items.map(({ type }) => type)).toEqual(['webhook.ping']);
    await writer.query('commit');
    const page = await instance.webhooks.attempts(id, { limit: 2 });
    const rest = await instance.webhooks.attempts(id, { limit: 2, cursor: page.nextCursor ?? '' });
    expect([...page.items, ...rest.items].map(({ type }) => type)).toEqual(['webhook.ping', 'by.hand', 'webhook.ping']);
  });
});

it('waits for a writer whose beginning it may not see, and says so', async () => {
  await posted('first');
  const role = `reader_${randomUUID().slice(0, 8)}`;
  await writer.query(`create role ${role} login password 'of-a-role-that-sees-little'`);
  await writer.query(`grant usage on schema esms to ${role}`);
  await writer.query(`grant all on all tables in schema esms to ${role}`);
  const url = new URL(database.url);
  Object.assign(url, { username: role, password: 'of-a-role-that-sees-little' });
  const other = await DispatcherInstance.start(url.href, { billing: true, dispatcher: false });
  try {
    const entries = () => other.app.get(EsmsLedger, { strict: false }).entries();
    await writer.query('begin');
    await postByHand('held');
    const ended = entries();
    await writer.query('commit');
    expect(smsIdsOf(await ended)).toEqual(['first', 'held']);
    await writer.query('begin');
    await postByHand('endless');
    await expect(entries()).rejects.toMatchObject({ code: 'database_away' });
    await writer.query('rollback');
  } finally {
    await other.stop();
    await writer.query(`drop owned by ${role}`);
    await writer.query(`drop role ${role}`);
  }
});
