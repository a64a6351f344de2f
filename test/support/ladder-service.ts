import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { QueryResultRow } from 'pg';
import { expect } from 'vitest';
import { createApp } from '../../src/app/create-app.js';
import { EsmsMessages, type EsmsOptions } from '../../src/index.js';
import { DatabaseProxy, type ProxyMode } from './database-proxy.js';
import { eventually } from './eventually.js';
import { query } from './query.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { OPEN_DELIVERIES } from './open-deliveries.js';

const TOKEN = 'ladder-callback-token';

/** What a caller saw: a status, or `none` where the connection broke without one. */
export interface Reply {
  status: number | 'none';
  text: string;
  milliseconds: number;
}

interface Settings {
  mode?: ProxyMode;
  /** false: no spool. */
  spool?: { maxBytes?: number } | false;
}

/** The service with a spool, and its database behind a proxy. */
export class LadderService {
  #app: NestFastifyApplication | null = null;
  #port = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  readonly log: string[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly proxy: DatabaseProxy,
    readonly directory: string,
    private readonly settings: Settings,
  ) {}

  static async start(settings: Settings = {}): Promise<LadderService> {
    const database = await createTestDatabase();
    const proxy = await DatabaseProxy.start(database.url);
    proxy.set(settings.mode ?? 'pass');
    const service = new LadderService(database, proxy, mkdtempSync(join(tmpdir(), 'ladder-')), settings);
    await service.boot();
    if (proxy.mode === 'pass') await service.enrolled();
    return service;
  }

  /** Another process's worth of service on the same database and spool; it is to be stopped first. */
  async twin(): Promise<LadderService> {
    const twin = new LadderService(this.database, this.proxy, this.directory, this.settings);
    await twin.boot();
    return twin;
  }

  /** Starts a process's worth of service on the same database and spool. */
  async boot(): Promise<void> {
    const { spool } = this.settings;
    const esms: EsmsOptions = {
      accounts: { default: { tokens: [TOKEN] } },
      database: { url: this.proxy.url },
      spool: spool === false ? false : { directory: this.directory, ...spool },
    };
    this.#app = await createApp({ esms, apiKeys: new Map() }, into(this.log));
    await this.#app.listen(0, '127.0.0.1');
    this.#port = (this.#app.getHttpServer().address() as AddressInfo).port;
  }

  /** Deliveries are made from the table of subscribers: an event before they are in it would reach none of them. */
  async enrolled(): Promise<void> {
    await eventually(async () => expect(await this.rows('select from esms.subscribers')).toHaveLength(2));
  }

  callback(callbackQuery: string, leaveAfterMs?: number): Promise<Reply> {
    return this.ask(`/callbacks/esms/${TOKEN}?${callbackQuery}`, leaveAfterMs);
  }

  /** @param leaveAfterMs after how long the caller closes the connection */
  ask(path: string, leaveAfterMs?: number): Promise<Reply> {
    const start = performance.now();
    const milliseconds = (): number => performance.now() - start;
    return new Promise((resolve) => {
      const outgoing = get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, milliseconds: milliseconds() }));
      });
      if (leaveAfterMs !== undefined) setTimeout(() => outgoing.destroy(), leaveAfterMs);
      outgoing.on('error', ({ message }) => resolve({ status: 'none', text: message, milliseconds: milliseconds() }));
    });
  }

  /** Callbacks at once, each of which must be answered 200. */
  async accepted(queries: readonly string[]): Promise<Reply[]> {
    const replies = await Promise.all(queries.map((each) => this.callback(each)));
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    return replies;
  }

  /** Rows of the database itself, not by way of the proxy. */
  rows(sql: string): Promise<QueryResultRow[]> {
    return query(this.database.url, sql);
  }

  get messages(): EsmsMessages {
    return (this.#app as NestFastifyApplication).get(EsmsMessages, { strict: false });
  }

  /** What waits on disk. */
  get spooled(): string[] {
    return readdirSync(this.directory).filter((name) => name !== 'damaged' && name !== '.probe');
  }

  /** Waits until the spool is empty and every event has reached every subscriber. */
  async drained(): Promise<void> {
    const open = `select count(*)::int as open from (${OPEN_DELIVERIES}) each`;
    const isDone = async (): Promise<void> => {
      expect(this.spooled).toEqual([]);
      expect(await this.rows(open)).toEqual([{ open: 0 }]);
    };
    await eventually(isDone);
  }

  /** Everything that the callbacks decided, but for times and the order in which they were processed. */
  async outcome(): Promise<Record<string, QueryResultRow[]>> {
    return {
      messages: await this.rows(`
        select m.sms_id, state, outcome, price::text, channel, recipient, count(r)::int as reports
        from esms.messages m join esms.receipts r using (account, sms_id)
        group by m.account, m.sms_id order by sms_id`),
      ledger: await this.rows(`select sms_id, sum(delta)::text as sum from esms.ledger group by 1 order by 1`),
      contacts: await this.rows(`select sms_id, contact, channel, outcome from esms.contact_entries order by 1`),
      quarantine: await this.rows(`select reason, encode(raw, 'escape') as raw from esms.quarantine order by 2`),
    };
  }

  /** An orderly stop of the process alone. */
  async shutDown(): Promise<void> {
    await this.#app?.close();
    this.#app = null;
  }

  async stop(): Promise<void> {
    this.proxy.set('pass');
    await this.shutDown();
    this.#agent.destroy();
    await this.proxy.close();
    await this.database.drop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function into(log: string[]): LoggerService {
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  return { log: write, warn: write, error: write, fatal: write };
}
