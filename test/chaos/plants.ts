import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import pg from 'pg';
import { BillingSubscriber } from '../../src/billing/billing.subscriber.js';
import { LedgerStore } from '../../src/billing/ledger.store.js';
import { CallbackReception } from '../../src/callbacks/callback-reception.js';
import { CallbackReceiver } from '../../src/callbacks/callback-receiver.js';
import { CallbackSpool } from '../../src/callbacks/callback-spool.js';
import type { SpooledCallback } from '../../src/callbacks/spooled-callback.js';
import { Database } from '../../src/database/database.js';
import { runAll, type SqlRunner, type Transaction } from '../../src/database/sql-runner.js';
import { CursorTable, type OwnedCursor } from '../../src/events/log/cursor-table.js';
import { LogHead } from '../../src/events/log/log-head.js';
import { multirangeOf } from '../../src/events/log/positions.js';
import { ReceiptRecords } from '../../src/messages/receipt-records.js';
import { call, replace, replaceOfFiles } from './replace-method.js';

/** So that an event that is posted again is billed again: what keeps it from that must be its cursor alone. */
function billEachTime(): void {
  replace(
    LedgerStore.prototype,
    'post',
    (real) =>
      async function (this: unknown, ...given: unknown[]) {
        const [runner, events] = given as [SqlRunner, { id: string }[]];
        return call(real, this, [runner, events.map((event) => ({ ...event, id: randomUUID() }))]);
      },
  );
}

/** Bugs that people make. Each lives in this file alone, and each must make the checker see something. */
const PLANTS = {
  'answer-before-commit': () =>
    replace(
      CallbackReceiver.prototype,
      'receive',
      (real) =>
        async function (this: unknown, ...given: unknown[]) {
          void call(real, this, given).catch(() => undefined);
          return { smsId: 'later' };
        },
    ),

  'no-receipt-key': () => replace(ReceiptRecords.prototype, 'known', () => async () => []),

  '503-while-away': () =>
    replace(
      CallbackReception.prototype,
      'receive',
      (real) =>
        async function (this: unknown, ...given: unknown[]) {
          const { database } = Reflect.get(this as object, 'receiver') as { database: Database };
          if (await database.answers()) return call(real, this, given);
          const response = given[1] as { raw: ServerResponse; hijack(): void };
          response.hijack();
          response.raw.writeHead(503).end();
        },
    ),

  'statement-retry': () => {
    const pool = new pg.Pool({
      connectionString: process.env['DATABASE_URL'],
      max: 40,
      connectionTimeoutMillis: 1_000,
    });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    replace(Database.prototype, 'ingest', () => async (...given: unknown[]) => {
      const [work] = given as [(transaction: Transaction) => Promise<unknown>];
      const used = [await pool.connect()];
      const query = async (sql: string, parameters: unknown[] = []): Promise<unknown> => {
        try {
          return await used[0]?.query(sql, parameters);
        } catch {
          used.unshift(await pool.connect());
          return used[0]?.query(sql, parameters);
        }
      };
      try {
        await query('begin');
        const result = await work({ query, commitWith: (statements) => runAll({ query }, statements) });
        await query('commit');
        return result;
      } finally {
        for (const client of used) client.release(true);
      }
    });
  },

  'no-error-listeners': () =>
    replace(
      pg.Pool.prototype,
      'on',
      (real) =>
        function (this: unknown, ...given: unknown[]) {
          return given[0] === 'error' || given[0] === 'connect' ? this : Reflect.apply(real, this, given);
        },
    ),

  'bytes-written-ignored': () =>
    void replaceOfFiles(
      'write',
      (real) =>
        async function (this: unknown, ...given: unknown[]) {
          const [bytes, offset, length, position] = given as [Buffer, number, number, number];
          if (Math.random() > 0.2) return call(real, this, given);
          // A nearly full disk takes a part; whoever does not look believes it took all.
          await call(real, this, [bytes, offset, Math.ceil(length / 2), position]);
          return { bytesWritten: length, buffer: bytes };
        },
    ),

  'flush-forgotten': () => replaceOfFiles('datasync', () => async () => undefined),

  'gap-forgotten': () =>
    replace(
      LogHead.prototype,
      'see',
      (real) =>
        function (this: LogHead, ...given: unknown[]) {
          const [position, now] = given as [number, number];
          for (let passed = this.position + 1; passed <= position; passed += 1)
            Reflect.apply(real, this, [passed, now]);
        },
    ),

  'gap-closed-too-early': () =>
    replace(
      LogHead.prototype,
      'close',
      (real) =>
        function (this: LogHead, ...given: unknown[]) {
          const [, , looked] = given as [unknown, unknown, number];
          return Reflect.apply(real, this, [new Set(), Infinity, looked]);
        },
    ),

  'advance-without-lease': () => {
    billEachTime();
    replace(CursorTable.prototype, 'advance', () => async (...given: unknown[]) => {
      const [runner, owned, { position, gaps }] = given as [SqlRunner, OwnedCursor, OwnedCursor['cursor']];
      await runner.query(
        'update esms.cursors set position = $2::bigint, gaps = $3::text::int8multirange where subscriber = $1',
        [owned.subscriber, String(position), multirangeOf(gaps)],
      );
      return { ...owned, cursor: { position, gaps } };
    });
  },

  'commit-not-flushed': () =>
    replace(
      pg.Client.prototype,
      'query',
      (real) =>
        function (this: unknown, ...given: unknown[]) {
          const [text, ...others] = given;
          const changed =
            typeof text === 'string' ? text.replace('synchronous_commit = on', 'synchronous_commit = off') : text;
          return Reflect.apply(real, this, [changed, ...others]);
        },
    ),

  'billed-apart-from-its-mark': () => {
    billEachTime();
    replace(
      BillingSubscriber.prototype,
      'post',
      (real) =>
        async function (this: unknown, ...given: unknown[]) {
          await call(real, this, [given[0], { complete: async () => undefined }]);
          // The mark is a transaction of its own, which fails at times though the bill is there.
          if (Math.random() < 0.05) throw new Error('the mark was not made');
        },
    );
  },

  'unlinked-before-applied': () =>
    replace(
      CallbackSpool.prototype,
      'read',
      (real) =>
        async function (this: unknown, ...given: unknown[]) {
          const callbacks = (await call(real, this, given)) as SpooledCallback[];
          await CallbackSpool.prototype.giveBack.call(this as CallbackSpool, given[0] as string, callbacks, []);
          // What it gives back itself comes too late.
          Reflect.set(this as object, 'giveBack', async () => true);
          return callbacks;
        },
    ),
} satisfies Record<string, () => void | Promise<void>>;

/** The name of a planted bug. */
export type PlantName = keyof typeof PLANTS;

export const PLANT_NAMES = Object.keys(PLANTS) as PlantName[];

/** What a plant also does to the schema, once it is there. */
export const PLANT_SQL: Partial<Record<PlantName, string>> = {
  'no-receipt-key': 'alter table esms.receipts drop constraint receipts_pkey',
};

/** Plants a bug in this process; before the service is made. */
export async function plant(name: PlantName): Promise<void> {
  await PLANTS[name]();
}
