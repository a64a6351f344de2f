import type { ServerConnection } from './connection-file.js';

/** `postgres://user:password@127.0.0.1:port/database` */
export function connectionUrl({ user, password, port }: ServerConnection, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}
