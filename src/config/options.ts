import type { ModuleMetadata } from '@nestjs/common';

/** A decorator of the host that is put on our controllers: `Public()`, `SkipThrottle()`, `UseGuards(…)`. */
export type HostDecorator = ClassDecorator | MethodDecorator;

/** One eSMS account of the company. */
export interface AccountOptions {
  /** Callback tokens, each 16 or more characters of `A-Z a-z 0-9 _ -`; several are live at once for rotation. */
  tokens: readonly string[];
}

/** Where our tables are. */
export interface DatabaseOptions {
  /** A PostgreSQL 14 or newer: `postgres://user:password@host:port/database`. */
  url: string;
  /** The schema of our tables. @default 'esms' */
  schema?: string;
  /**
   * What happens with migrations at start: `run` them under a lock, `check` that none is pending and stop the start
   * otherwise, or `off`. @default 'run'
   */
  migrations?: 'run' | 'check' | 'off';
  /** Connections for storing callbacks. @default 4 */
  ingestConnections?: number;
  /** Connections for all other work. @default 6 */
  workConnections?: number;
}

/** Where callbacks wait on disk while the database is away. */
export interface SpoolOptions {
  /** A directory of its own; processes may share it. */
  directory: string;
  /** Most bytes it may hold; a callback takes about 1 KB. @default 1_073_741_824 */
  maxBytes?: number;
  /**
   * What an answered callback in the spool survives. `disk`: the loss of power, since it is flushed first; `process`:
   * the end of this process, not that of the machine. @default 'disk'
   */
  durability?: 'disk' | 'process';
}

/** How events get to subscribers. */
export interface DispatcherOptions {
  /** After how many failed attempts a delivery is parked; by default within five minutes. @default 10 */
  maxAttempts?: number;
  /**
   * After how long without an answer another process takes over, in milliseconds; at least half as long again as the
   * handler's `timeout`. @default 15_000
   */
  leaseMs?: number;
  /** The longest first wait after a failure, doubled with each further one up to a minute, in milliseconds. @default 500 */
  backoffMs?: number;
  /** How often the outbox is looked at when nobody wakes the dispatcher, in milliseconds. @default 1_000 */
  pollMs?: number;
  /** How long the row of a finished delivery is kept, in days; events stay. @default 7 */
  retentionDays?: number;
}

/** The values; they may come late, from a factory. */
export interface EsmsOptions {
  /** The eSMS accounts by name; `default` when nothing else is said. */
  accounts: Record<string, AccountOptions>;
  /** Where the gateway reaches us, the host's global prefix included: `https://receipts.example.vn`. @default null */
  publicUrl?: string;
  database: DatabaseOptions;
  /** Without it, callbacks are only held while the database is away. @default false */
  spool?: false | SpoolOptions;
  /** How long a message may keep silent before it is closed as `unknown`, in hours. @default 72 */
  silenceHours?: number;
  /** From how many distinct reports on one message raises an alarm. @default 1_000 */
  reportsAlarm?: number;
}

/** What the module is made of; known when the module is declared. */
export interface EsmsStructure {
  /** A path before all our routes. @default '' */
  path?: string;
  /** Decorators for the callback route. @default none */
  callbacks?: { decorators?: HostDecorator[] };
  /** The read API, off by default; without decorators it is open to everybody who reaches it. @default false */
  api?: false | { decorators?: HostDecorator[] };
  /** The ledger of price changes. @default true */
  billing?: boolean;
  /** Contacts and their reachability. @default true */
  crm?: boolean;
  /** `false` makes a process that only receives. @default {} */
  dispatcher?: false | DispatcherOptions;
  /** Modules whose providers the decorators' guards need. @default [] */
  imports?: ModuleMetadata['imports'];
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  accounts: ReadonlyMap<string, readonly string[]>;
  publicUrl: string | null;
  database: Required<DatabaseOptions>;
  spool: false | Required<SpoolOptions>;
  silenceMs: number;
  reportsAlarm: number;
}

/** The structure with every default filled in. */
export interface ResolvedStructure {
  path: string;
  callbacks: { decorators: HostDecorator[] };
  api: false | { decorators: HostDecorator[] };
  billing: boolean;
  crm: boolean;
  dispatcher: false | Required<DispatcherOptions>;
  imports: NonNullable<ModuleMetadata['imports']>;
}
