/**
 * The `code` of an error of the system or of PostgreSQL; undefined when it has none. Not asked by class: under Jest, Node's
 * own errors are of another realm's.
 */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
