import { setTimeout as sleep } from 'node:timers/promises';
import { querying } from '../postgres/bench-postgres.js';
import { VoidRun } from '../rounds/void-run.js';

/** What a database holds and has done since it was made. */
export interface DatabaseTotals {
  messages: number;
  receipts: number;
  ledger: number;
  contacts: number;
  events: number;
  parked: number;
  /** Of tables and indexes. */
  bytes: number;
  /** Of the server's journal (WAL). */
  journalBytes: number;
  transactions: number;
  deadlocks: number;
}

const TOTALS = `
  select (select count(*) from esms.messages)::integer as messages,
    (select count(*) from esms.receipts)::integer as receipts,
    (select count(*) from esms.ledger)::integer as ledger,
    (select count(*) from esms.contact_entries)::integer as contacts,
    (select count(*) from esms.events)::integer as events,
    (select count(*) from esms.deliveries where parked_at is not null)::integer as parked,
    pg_database_size(current_database())::float8 as bytes,
    (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as "journalBytes",
    (select xact_commit from pg_stat_database where datname = current_database())::integer as transactions,
    (select deadlocks from pg_stat_database where datname = current_database())::integer as deadlocks`;

/** What was not handed over yet, or not read yet by whoever reads the log. */
const DUE = `
  select exists (select from esms.deliveries where settled_at is null and parked_at is null)
    or exists (
      select from esms.cursors c join esms.events e on e.position > c.position or e.position <@ c.gaps
      left join esms.subscribers s on s.name = c.subscriber
      where s.name is null or s.patterns && array[e.type, split_part(e.type, '.', 1) || '.*', '*']) as due`;
const POLL_MS = 50;
const PATIENCE_MS = 300_000;

export function databaseTotals(databaseUrl: string): Promise<DatabaseTotals> {
  return querying(databaseUrl, async (client) => {
    const { rows } = await client.query<DatabaseTotals>(TOTALS);
    return rows[0] as DatabaseTotals;
  });
}

/** Ends when no subscriber has anything left to do; gives how long that took, in seconds. */
export function allDelivered(databaseUrl: string): Promise<number> {
  return querying(databaseUrl, async (client) => {
    const start = performance.now();
    for (; performance.now() - start < PATIENCE_MS; await sleep(POLL_MS)) {
      const { rows } = await client.query<{ due: boolean }>(DUE);
      if (rows[0]?.due === false) return (performance.now() - start) / 1_000;
    }
    throw new VoidRun(`deliveries were left after ${PATIENCE_MS / 1_000} s`);
  });
}
