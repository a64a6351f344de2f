import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { vi } from 'vitest';

/** A statement as it was sent. */
interface Sent {
  sql: string;
  values: unknown[];
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

/** Everything that `work` reads by a data source. */
export async function statementsOf(dataSource: DataSource, work: () => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = [];
  const create = dataSource.createQueryRunner.bind(dataSource);
  const spy = vi.spyOn(dataSource, 'createQueryRunner').mockImplementation((mode) => {
    const runner = create(mode);
    const run = runner.query.bind(runner) as (
      sql: string,
      values?: unknown[],
      structured?: boolean,
    ) => Promise<unknown>;
    runner.query = (sql: string, values: unknown[] = [], structured?: boolean) => {
      sent.push({ sql, values });
      return run(sql, values, structured) as never;
    };
    return runner;
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return sent.filter(({ sql }) => /^\s*(select|with)\b/i.test(sql));
}

/** The tables that PostgreSQL would read from one end to the other for a statement. */
export async function tablesReadWhole(client: pg.Client, { sql, values }: Sent): Promise<string[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${sql}`, values);
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return plan === undefined ? [] : seqScansOf(plan);
}

function seqScansOf(plan: Plan): string[] {
  const own = /Seq Scan/.test(plan['Node Type']) ? [plan['Relation Name'] ?? ''] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(seqScansOf)];
}
