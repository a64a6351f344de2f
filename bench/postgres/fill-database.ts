import type pg from 'pg';
import { querying } from './bench-postgres.js';

interface Column {
  name: string;
  type: string;
}

const TABLES = ['messages', 'receipts'];

/** What tells one copy from another; times are moved, and everything else is as in the original. */
const OWN_VALUES: Readonly<Record<string, string>> = {
  sms_id: 'md5(n::text)',
  digest: "md5('receipt ' || n)",
  recipient: "left(recipient, -9) || lpad(n::text, 9, '0')",
};

const SECONDS_BETWEEN = 0.5;

/**
 * Makes copies of the messages and receipts that are stored already, until there are so many, each with its own SMSID,
 * recipient and time. Indexes are built afterwards, as a restored database has them.
 */
export async function fillDatabase(url: string, messages: number): Promise<void> {
  await querying(url, async (client) => {
    await client.query(`set maintenance_work_mem = '1GB'; set synchronous_commit = off`);
    const originals = await originalsOf(client);
    for (const table of TABLES) {
      const rebuild = await dropIndexes(client, table);
      for (const [index, smsId] of originals.entries()) {
        await copy(client, table, smsId, { from: index + 1, to: messages, step: originals.length });
      }
      for (const statement of rebuild) await client.query(statement);
    }
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
  });
}

async function originalsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ sms_id: string }>('select sms_id from esms.messages');
  return rows.map((row) => row.sms_id);
}

async function copy(
  client: pg.Client,
  table: string,
  smsId: string,
  { from, to, step }: { from: number; to: number; step: number },
): Promise<void> {
  const columns = await columnsOf(client, table);
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ name, type }) => OWN_VALUES[name] ?? (isTime(type) ? movedBack(name, to) : name));
  await client.query(
    `insert into esms.${table} (${names})
     select ${values.join(', ')}
     from esms.${table} original, generate_series(${from}, ${to}, ${step}) n
     where original.sms_id = '${smsId}'`,
  );
}

const isTime = (type: string): boolean => type === 'timestamp with time zone';

const movedBack = (name: string, copies: number): string =>
  `${name} - (${copies} - n) * interval '${SECONDS_BETWEEN} seconds'`;

async function columnsOf(client: pg.Client, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = 'esms' and table_name = $1 and is_generated = 'NEVER'`,
    [table],
  );
  return rows;
}

/** Gives the statements that build them again. */
async function dropIndexes(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; build: string }>(
    `select
       case when c.oid is null then format('drop index %s', i.indexrelid::regclass)
         else format('alter table %s drop constraint %I', i.indrelid::regclass, c.conname) end as drop,
       case when c.oid is null then pg_get_indexdef(i.indexrelid)
         else format('alter table %s add constraint %I %s', i.indrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
         end as build
     from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid
     where i.indrelid = $1::regclass`,
    [`esms.${table}`],
  );
  for (const { drop } of rows) await client.query(drop);
  return rows.map(({ build }) => build);
}
