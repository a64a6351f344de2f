import type { ModuleMetadata } from '@nestjs/common';
import type { EventType } from '../domain/domain-event.js';
import type { Connection, ConnectionOptions } from './connection-options.js';

/** A decorator of the host that is put on our controllers: `Public()`, `SkipThrottle()`, `UseGuards(…)`. */
export type HostDecorator = ClassDecorator | MethodDecorator;

/** One eSMS account of the company. */
export interface AccountOptions {
  /**
   * Callback tokens, each 16 to 100 characters of `A-Z a-z 0-9 _ -` and of no other account; several are live at once
   * for rotation.
   */
  tokens: readonly string[];
}

/** Where our tables are: at a `url`, or at a connection given as `options`. A pool and a data source of our own. */
export type DatabaseOptions = DatabaseSettings & DatabaseAddress;

type DatabaseAddress =
  | {
      /** A PostgreSQL 14 or newer: `postgres://user:password@host:port/database`. */
      url: string;
      options?: never;
    }
  | {
      /** The same in parts: host, port, database, user, a password or a function that gives it, TLS. */
      options: ConnectionOptions;
      url?: never;
    };

interface DatabaseSettings {
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

/** How an event is a message: all of it in the body, or the data there and the rest in headers. */
export type ContentMode = 'structured' | 'binary';

/** What a relay sends, to whichever broker. */
export interface RelayOptions {
  /** The events that it sends. @default all */
  types?: readonly EventType[];
  /** The content mode of CloudEvents. @default 'structured' */
  mode?: ContentMode;
  /** Whether messages say who a message went to: a phone number, a Zalo user id. @default false */
  includeRecipient?: boolean;
}

/** Events to a topic exchange of RabbitMQ; needs the package `amqplib`. */
export interface RabbitMqOptions extends RelayOptions {
  /** `amqp://user:password@host:5672/vhost`, or `amqps://`. */
  url: string;
  /** A durable topic exchange; made where it is absent. The routing key is the type of the event. @default 'esms.events' */
  exchange?: string;
}

/** Events to NATS JetStream; needs the packages `@nats-io/transport-node` and `@nats-io/jetstream`. */
export interface NatsOptions extends RelayOptions {
  /** `nats://user:password@host:4222`, `nats://token@host` or `tls://`; several servers with commas between. */
  url: string;
  /** What is before the type of the event in its subject. @default 'esms.events' */
  subjectPrefix?: string;
  /**
   * The name of the stream that is made where none takes the subjects: on disk, for 7 days. One that does is used as it
   * is. @default 'ESMS_EVENTS'
   */
  stream?: string;
}

/** Where events go beyond this process. */
export interface RelaysOptions {
  /** @default false */
  rabbitmq?: false | RabbitMqOptions;
  /** @default false */
  nats?: false | NatsOptions;
}

/** How webhooks are called. */
export interface WebhookOptions {
  /**
   * Lets them be in private networks, on this machine and on any port, and without TLS. Whoever may add a webhook can
   * then reach what this process can reach, but not where clouds keep a machine's secrets. @default false
   */
  allowPrivateNetworks?: boolean;
  /** How long a call may take, in milliseconds. @default 15_000 */
  timeoutMs?: number;
  /**
   * How long to wait after each failed attempt, in milliseconds, up to a fifth more at random; then the delivery is
   * parked. @default 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h
   */
  retryMs?: readonly number[];
  /** After how long without one success a webhook is disabled, in hours. @default 72 */
  disableAfterHours?: number;
  /** How many calls of a webhook run at once in a process; those of one message never do. @default 4 */
  concurrency?: number;
  /** How many attempts of a webhook are kept to be looked at. @default 500 */
  attemptsKept?: number;
  /** How many webhooks an account may have. @default 100 */
  perAccount?: number;
}

/** The values; they may come late, from a factory. */
export interface EsmsOptions {
  /** The eSMS accounts by name; call a lone one `default`. */
  accounts: Record<string, AccountOptions>;
  /**
   * Where the gateway reaches the application, the host's global prefix included, `path` not:
   * `https://api.example.vn/v2`. One that does not end with the global prefix stops the boot. @default none
   */
  publicUrl?: string;
  /** The PostgreSQL to keep everything in; it may be away at boot. */
  database: DatabaseOptions;
  /**
   * Where callbacks wait on disk while the database is away. A choice that must be made: with `false` they are only held
   * meanwhile, unanswered, for up to a minute, and those that are not stored by then are lost unless the gateway calls
   * again. A test is well with `false`.
   */
  spool: false | SpoolOptions;
  /** Brokers that get the events, each as a subscriber; a process without a dispatcher has none. @default {} */
  relays?: RelaysOptions;
  /** How long a message may keep silent before it is closed as `unknown`, in hours. @default 72 */
  silenceHours?: number;
  /** From how many distinct reports on one message raises an alarm. @default 1_000 */
  reportsAlarm?: number;
  /**
   * How many persons an API key without the scope `pii` may look up in a minute, by phone or Zalo user id, in all
   * processes together; it would else find a masked number by trying. @default 30
   */
  lookupsPerMinute?: number;
}

/** What the module is made of; known when the module is declared. */
export interface EsmsStructure {
  /** A path before all our routes, behind the host's global prefix. @default '' */
  path?: string;
  /**
   * Decorators for the callback route, whose callers are known by their token: what lets them through the host's global
   * guards, such as `Public()` and `SkipThrottle()`. Where these say less (count fewer pieces of metadata) than there
   * are global guards, each guard is a warning at boot, by name. @default no decorators
   */
  callbacks?: { decorators?: HostDecorator[] };
  /**
   * The API, off by default: to read, to register, to replay. Its decorators are where its guards are:
   * `UseGuards(StaffGuard)`. Without any it is open to everybody whom the host's global guards let in, which is a warning
   * at boot. @default false
   */
  api?: false | { decorators?: HostDecorator[] };
  /**
   * `/health/live` and `/health/ready`, for load balancers, which bring no credentials. Its decorators let them through
   * the host's global guards, as those of `callbacks` do for the gateway; where they say less, each guard is a warning at
   * boot. @default `{}` where there is an `api`, else `false`
   */
  health?: false | { decorators?: HostDecorator[] };
  /** The ledger of price changes. @default true */
  billing?: boolean;
  /** Contacts and their reachability. @default true */
  crm?: boolean;
  /** `false` makes a process that only receives. @default {} */
  dispatcher?: false | DispatcherOptions;
  /**
   * Calls of other systems, added and removed at run time through the API. Off by default, since handlers in the same
   * process get events without it, and it lets this process call addresses that somebody else chose. @default false
   */
  webhooks?: false | WebhookOptions;
  /** Modules whose providers the decorators' guards need; of `forRootAsync`, the factory's too. @default [] */
  imports?: ModuleMetadata['imports'];
}

/** What `forRootAsync` calls where it is given `useClass` or `useExisting`. */
export interface EsmsOptionsFactory {
  createEsmsOptions(): EsmsOptions | Promise<EsmsOptions>;
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  accounts: ReadonlyMap<string, readonly string[]>;
  publicUrl: string | null;
  database: Required<DatabaseSettings> & { connection: Connection };
  spool: false | Required<SpoolOptions>;
  relays: { rabbitmq: false | Required<RabbitMqOptions>; nats: false | Required<NatsOptions> };
  silenceMs: number;
  reportsAlarm: number;
  lookupsPerMinute: number;
}

/** The structure with every default filled in. */
export interface ResolvedStructure {
  path: string;
  callbacks: { decorators: HostDecorator[] };
  api: false | { decorators: HostDecorator[] };
  health: false | { decorators: HostDecorator[] };
  billing: boolean;
  crm: boolean;
  dispatcher: false | Required<DispatcherOptions>;
  webhooks: false | Required<WebhookOptions>;
  imports: NonNullable<ModuleMetadata['imports']>;
}
