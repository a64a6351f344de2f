import pg from 'pg';

/** Whether node-postgres can connect by it: it reads a URL when a client is made, long before it connects. */
export function isPostgresUrl(text: unknown): boolean {
  if (typeof text !== 'string' || !/^postgres(ql)?:\/\//.test(text)) return false;
  try {
    return new pg.Client(text).host !== '';
  } catch {
    return false;
  }
}
