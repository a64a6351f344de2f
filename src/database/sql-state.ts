/** PostgreSQL's code of an error (SQLSTATE), as `pg` or TypeORM throws it; empty where it has none. */
export function sqlStateOf(error: unknown): string {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: unknown };
  if (typeof code === 'string') return code;
  return driverError === undefined ? '' : sqlStateOf(driverError);
}
