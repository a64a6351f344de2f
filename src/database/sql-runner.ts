/** Whatever runs SQL: a TypeORM manager or query runner, a `pg` client or pool. */
export interface SqlRunner {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** A statement that only has to be sent: its parameters are bytes, so nothing can go wrong with them on the way. */
export interface Statement {
  sql: string;
  parameters: Buffer[];
}

/** A transaction under way, of a pool of ours. */
export interface Transaction extends SqlRunner {
  /**
   * Ends it with these statements: they and COMMIT are one round trip. Rejects with what the first of them that failed,
   * in the order given, failed with; nothing is kept then. Nothing more can be sent.
   */
  commitWith(statements: readonly Statement[]): Promise<void>;
}

/** Runs statements one after the other. */
export async function runAll(runner: SqlRunner, statements: readonly Statement[]): Promise<void> {
  for (const { sql, parameters } of statements) await runner.query(sql, parameters);
}

/**
 * Runs a statement and gives its rows, whoever runs it: `pg` answers `{ rows }`, TypeORM an array of rows, or for
 * UPDATE and DELETE a pair of rows and count.
 */
export async function rowsOf<Row>(runner: SqlRunner, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const answer = await runner.query(sql, parameters);
  if (!Array.isArray(answer)) return (answer as { rows: Row[] }).rows;
  return Array.isArray(answer[0]) && typeof answer[1] === 'number' ? (answer[0] as Row[]) : (answer as Row[]);
}

/** A `timestamptz` column as the text of an Instant: a driver's `Date` would cut the microseconds off. */
export function instantSql(column: string, name = column.slice(column.lastIndexOf('.') + 1)): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${name}`;
}
