import { type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Pool, type QueryResultRow } from 'pg';
import { expect } from 'vitest';
import { createApp } from '../../src/app/create-app.js';
import { type Change, eventsOf } from '../../src/events/event-row.js';
import type { Caller, EsmsEvent, MessageView, Scope, WebhookOptions } from '../../src/index.js';
import { eventually } from './eventually.js';
import { STORED_CHANGES_SQL } from './stored-changes.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { OPEN_DELIVERIES } from './open-deliveries.js';

/** The callback tokens the service knows; the account `default` has two, as in a rotation. */
export const TOKENS = {
  default: 'default-callback-token',
  rotated: 'default-callback-token-next',
  acme: 'acme-callback-token-1',
} as const;

/** The API keys the service knows, each named for what it may do. */
export const KEYS = {
  all: 'key-of-default-with-all',
  read: 'key-of-default-to-read',
  bare: 'key-of-default-as-bare',
  pii: 'key-of-default-to-read-pii',
  acme: 'key-of-acme-with-all-1',
  shared: 'key-of-all-accounts-01',
} as const;

const SCOPES_OF: Record<keyof typeof KEYS, readonly Scope[]> = {
  all: ['read', 'write', 'pii', 'operate'],
  read: ['read'],
  bare: ['read', 'write'],
  pii: ['read', 'pii'],
  acme: ['read', 'write', 'pii', 'operate'],
  shared: ['read', 'write', 'pii', 'operate'],
};

/** What came back over the wire. */
export interface Answer<Body> {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The text as JSON; undefined where it is none. */
  body: Body;
}

/** What is asked of the wire. */
export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as it is where it is text, as JSON otherwise. */
  body?: unknown;
}

/** One receipt of a timeline. */
interface Receipt {
  id: string;
  receivedAt: string;
  recordedAt: string;
  repeats: number;
  decision: string;
  sendStatus: string | null;
  typeId: string | null;
  price: string | null;
  anomalies: string[];
}

/** A message as the API shows it. */
export type Message = MessageView & { receipts: Receipt[] };

/** An event, whatever its type. */
type ToldEvent = Omit<EsmsEvent, 'data'> & { data: Record<string, unknown> };

/** The whole service on a fresh database, spoken to over HTTP and nothing else. */
export class Service {
  private constructor(
    private readonly app: NestFastifyApplication,
    readonly port: number,
    private readonly database: TestDatabase,
    private readonly pool: Pool,
    /** Everything it logged, line by line. */
    readonly log: readonly string[],
  ) {}

  /** Ready for callbacks. */
  static async start(webhooks?: WebhookOptions, given?: TestDatabase): Promise<Service> {
    const service = await Service.listen(given, webhooks);
    await eventually(async () => expect((await service.api('/health/ready')).status).toBe(200));
    return service;
  }

  /** Not necessarily ready yet. */
  static async listen(given?: TestDatabase, webhooks: WebhookOptions = {}): Promise<Service> {
    const database = given ?? (await createTestDatabase());
    const log: string[] = [];
    const accounts = {
      default: { tokens: [TOKENS.default, TOKENS.rotated] },
      acme: { tokens: [TOKENS.acme] },
    };
    const esms = { accounts, database: { url: database.url }, spool: false as const };
    const app = await createApp({ esms, apiKeys: callers(), webhooks }, into(log));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Service(app, port, database, new Pool({ connectionString: database.url, max: 2 }), log);
  }

  /** What the gateway does, byte for byte. */
  callback(
    query: string,
    { token = TOKENS.default, ...asked }: Asked & { token?: string } = {},
  ): Promise<Answer<never>> {
    return this.send(`/callbacks/esms/${token}?${query}`, asked);
  }

  /** Several callbacks, one after the other, each of which must be answered `OK`. */
  async callbacks(...queries: readonly string[]): Promise<void> {
    for (const query of queries) expect(await this.callback(query)).toMatchObject({ status: 200, text: 'OK' });
  }

  /** A question to the API; a `key` of null sends none. */
  api<Body = Record<string, unknown>>(
    path: string,
    { key = KEYS.all, headers = {}, ...asked }: Asked & { key?: string | null } = {},
  ): Promise<Answer<Body>> {
    return this.send(path, { ...asked, headers: { ...(key === null ? {} : { 'x-api-key': key }), ...headers } });
  }

  /** A message that must be there. */
  async message(smsId: string, key: string = KEYS.all): Promise<Message> {
    const answer = await this.api<Message>(`/messages/${encodeURIComponent(smsId)}`, { key });
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  }

  /** `POST /messages`, again where it is answered 503: on a busy machine a lock may take longer than it may. */
  async register<Body = Message>(body: unknown, key: string = KEYS.all): Promise<Answer<Body>> {
    const answer = await this.api<Body>('/messages', { method: 'POST', key, body });
    return answer.status === 503 ? this.register(body, key) : answer;
  }

  /** The events of one subject, or all of them, in the order of the outbox and as subscribers get them. */
  async events(subject?: string): Promise<ToldEvent[]> {
    const rows = await this.rows(STORED_CHANGES_SQL, [subject ?? null]);
    return rows.flatMap((row) => eventsOf(row as unknown as Change) as unknown as ToldEvent[]);
  }

  /** Their types alone. */
  async eventTypes(subject: string): Promise<string[]> {
    return (await this.events(subject)).map(({ type }) => type);
  }

  /** The price changes of a message, and their sum. */
  async ledger(smsId: string): Promise<{ deltas: string[]; totals: string[]; sum: string }> {
    const { body } = await this.api<{ items: { delta: string; total: string }[]; sum: string }>(
      `/billing/ledger?smsId=${encodeURIComponent(smsId)}`,
    );
    const { items, sum } = body;
    return { deltas: items.map(({ delta }) => delta), totals: items.map(({ total }) => total), sum };
  }

  /** Waits until every event has reached every subscriber. */
  async settled(): Promise<void> {
    const open = `select count(*)::int as open from (${OPEN_DELIVERIES}) each`;
    const isDone = async () => expect(await this.rows(open)).toEqual([{ open: 0 }]);
    await eventually(isDone);
  }

  /** Of its database. */
  get databaseUrl(): string {
    return this.database.url;
  }

  /** What the database says. */
  async rows(sql: string, parameters: unknown[] = []): Promise<QueryResultRow[]> {
    return (await this.pool.query<QueryResultRow>(sql, parameters)).rows;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.pool.end();
    await this.database.drop();
  }

  /** `path` goes into the request line as it is: no client in between writes it anew. */
  send<Body>(path: string, asked: Asked = {}): Promise<Answer<Body>> {
    return send(this.port, path, asked);
  }
}

/** One request to a port of this machine, `path` as it is. */
export function send<Body>(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<Answer<Body>> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  // The length by hand: a GET gets none from Node, whose body would then be taken for the next request.
  const content =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: { ...content, ...headers } };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const received = Buffer.concat(chunks).toString('utf8');
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, text: received, body: parsed(received) as Body });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ACCOUNT_OF: Partial<Record<keyof typeof KEYS, string | null>> = { acme: 'acme', shared: null };

function callers(): Map<string, Caller> {
  const names = Object.keys(KEYS) as (keyof typeof KEYS)[];
  return new Map(
    names.map((name) => {
      const { [name]: account = 'default' } = ACCOUNT_OF;
      return [KEYS[name], { account, scopes: new Set(SCOPES_OF[name]) }];
    }),
  );
}

function into(log: string[]): LoggerService {
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  return { log: write, warn: write, error: write, fatal: write };
}
