import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** A connection to PostgreSQL in parts, as node-postgres takes it; what is not given comes from its own defaults. */
export interface ConnectionOptions {
  /** Name or address, or the folder of a Unix socket. @default 'localhost' */
  host?: string;
  /** @default 5432 */
  port?: number;
  /** @default the name of the user of the operating system */
  user?: string;
  /** Text, or a function that gives it for each new connection: for passwords that expire. @default none */
  password?: string | (() => string | Promise<string>);
  /** @default the name of the user */
  database?: string;
  /** TLS: `true` to verify the server by the authorities of Node, or options of `tls.connect`. @default false */
  ssl?: boolean | TlsOptions;
}

/** Where each of our connections goes, as node-postgres takes it. */
export type Connection = ConnectionOptions & { connectionString?: string };
