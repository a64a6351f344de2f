import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createApp } from '../../src/app/create-app.js';
import type { ConnectionOptions, DatabaseOptions } from '../../src/index.js';
import { isLasting } from '../../src/database/is-lasting.js';
import { Troubles } from '../../src/database/troubles.js';
import { createDatabase, type TestDatabase } from '../../src/testing/create-database.js';
import { callbackQuery } from '../support/callback-query.js';
import { databaseUrl } from '../support/database-url.js';
import { eventually } from '../support/eventually.js';
import { query } from '../support/query.js';
import { send } from '../support/service.js';
import { createTestDatabase } from '../support/test-database.js';

const TOKEN = 'callback-token-of-the-unfit';

/** A service that is given a database as it is. */
class Trial {
  #app: NestFastifyApplication | null = null;
  readonly log: string[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'unfit-'));
  /** Every error that it met at the database. */
  readonly met = vi.spyOn(Troubles.prototype, 'note');

  async boot(
    url: string,
    given: { options?: ConnectionOptions; settings?: Partial<DatabaseOptions> } = {},
  ): Promise<void> {
    const { hostname, port, username, password, pathname } = new URL(url);
    const options: ConnectionOptions = {
      host: hostname,
      port: Number(port),
      user: username,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      ...given.options,
    };
    const esms = {
      accounts: { default: { tokens: [TOKEN] } },
      database: { ...given.settings, options } as DatabaseOptions,
      spool: { directory: this.directory },
    };
    this.#app = await createApp({ esms, apiKeys: new Map() }, linesInto(this.log));
    await this.#app.listen(0, '127.0.0.1');
  }

  ask(path: string): ReturnType<typeof send> {
    return send((this.#app?.getHttpServer().address() as AddressInfo).port, path);
  }

  async isReady(): Promise<boolean> {
    return (await this.ask('/health/ready')).status === 200;
  }

  /** Takes a callback, which goes to disk; still says the same and nothing else after several tries. */
  async expectNeverReady(words: RegExp): Promise<void> {
    await eventually(() => expect(this.said(words)).not.toEqual([]));
    expect((await this.ask(`/callbacks/esms/${TOKEN}?${callbackQuery('kept')}`)).text).toBe('OK');
    expect(readdirSync(this.directory)).not.toEqual([]);
    const before = this.met.mock.calls.length;
    await eventually(() => expect(this.met.mock.calls.length).toBeGreaterThan(before + 2));
    expect(await this.isReady()).toBe(false);
    expect(this.said(/the database (cannot|is)/)).toHaveLength(this.#changes());
  }

  /** Ready, what was spooled is stored, and one line says so. */
  async expectBack(url: string): Promise<void> {
    await eventually(async () => expect(await this.isReady()).toBe(true));
    const stored = async () =>
      expect(await query(url, `select from esms.messages where sms_id = 'kept'`)).toHaveLength(1);
    await eventually(stored);
    expect(this.said(/the database is back after \d+ s/)).toHaveLength(1);
  }

  /** How often what it met was of another kind than before: on a busy machine a connection may come too late as well. */
  #changes(): number {
    const kinds = this.met.mock.calls.map(([error]) => isLasting(error));
    return kinds.filter((lasts, index) => lasts !== kinds[index - 1]).length;
  }

  said(words: RegExp): string[] {
    return this.log.filter((line) => words.test(line));
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    this.met.mockRestore();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

let trial: Trial;
let database: TestDatabase | null = null;
let role: string | null = null;

beforeEach(() => {
  trial = new Trial();
});

afterEach(async () => {
  await trial.stop();
  await database?.drop();
  if (role !== null) await query(inject('adminUrl'), `drop role ${role}`);
  database = null;
  role = null;
});

/** A login that owns nothing. */
async function createRole(url: string): Promise<string> {
  role = `role_${randomBytes(6).toString('hex')}`;
  await query(url, `create role ${role} login password 'of-the-role'`);
  const own = new URL(url);
  own.username = role;
  own.password = 'of-the-role';
  return own.href;
}

function linesInto(log: string[]): LoggerService {
  const write = (...parts: unknown[]): void => void log.push(parts.map(String).join(' '));
  return { log: write, warn: write, error: write, fatal: write };
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

describe('a database is one that is away, with its reason in one line, where', () => {
  it.each(['LATIN1', 'SQL_ASCII', 'WIN1258', 'EUC_JP'])('its encoding is %s', async (encoding) => {
    database = await createDatabase(inject('adminUrl'), `template0 encoding '${encoding}' locale 'C'`);
    await trial.boot(database.url);
    await trial.expectNeverReady(new RegExp(`cannot be used.*unfit: its encoding is ${encoding}, and must be UTF8`));
    expect(await query(database.url, `select to_regnamespace('esms') as schema`)).toEqual([{ schema: null }]);
  });

  it('default_transaction_read_only is on, until it is not', async () => {
    database = await createTestDatabase();
    const name = nameOf(database.url);
    await query(inject('adminUrl'), `alter database ${name} set default_transaction_read_only = on`);
    await trial.boot(database.url);
    await trial.expectNeverReady(/unfit: it is read-only \(default_transaction_read_only\)/);
    await query(inject('adminUrl'), `alter database ${name} reset default_transaction_read_only`);
    await trial.expectBack(database.url);
  });

  it('our role lacks a right on our tables, until it has it', async () => {
    database = await createTestDatabase();
    const url = await createRole(database.url);
    const all = 'select, insert, update, delete on all tables in schema esms';
    await query(database.url, `grant usage on schema esms to ${role}; grant ${all} to ${role}`);
    await query(database.url, `revoke update, delete on esms.messages from ${role}`);
    await trial.boot(url);
    await trial.expectNeverReady(/unfit: our role lacks update, delete on "esms"."messages"/);
    await query(database.url, `grant update, delete on esms.messages to ${role}`);
    await trial.expectBack(database.url);
  });

  it('our role may not create our schema, until there is one', async () => {
    database = await createDatabase(inject('adminUrl'));
    const url = await createRole(database.url);
    await trial.boot(url);
    await trial.expectNeverReady(/cannot be used.*permission denied for database/);
    await query(database.url, `create schema esms authorization ${role}`);
    await trial.expectBack(database.url);
  });

  it("there are no tables, with migrations: 'off'", async () => {
    database = await createDatabase(inject('adminUrl'));
    await trial.boot(database.url, { settings: { migrations: 'off' } });
    await trial.expectNeverReady(/unfit: there is no table "esms"."changes"; there is no table/);
  });
});

describe('what cannot pass by itself is one error, and another one when it changes:', () => {
  it('a wrong password, then a database that is not there, then all is well', async () => {
    const url = databaseUrl(inject('adminUrl'), `late_${randomBytes(6).toString('hex')}`);
    let password = 'wrong';
    await trial.boot(url, { options: { password: () => password } });
    await trial.expectNeverReady(/cannot be used.*password authentication failed.*28P01/);
    password = decodeURIComponent(new URL(url).password);
    const unknown = /cannot be used.*database "late_\w+" does not exist \(3D000\)/;
    await eventually(() => expect(trial.said(unknown)).toHaveLength(1));
    expect(await trial.isReady()).toBe(false);
    await query(inject('adminUrl'), `create database ${nameOf(url)}`);
    await trial.expectBack(url);
    await trial.stop();
    await query(inject('adminUrl'), `drop database ${nameOf(url)} with (force)`);
  });

  it.each<[string, ConnectionOptions, RegExp]>([
    [
      'a login that there is none of',
      { user: 'nobody_at_all' },
      /password authentication failed for user "nobody_at_all"/,
    ],
    ['TLS that the server has not', { ssl: true }, /The server does not support SSL connections/],
    ['a host nobody knows', { host: 'database.invalid' }, /ENOTFOUND/],
  ])('%s', async (_what, options, words) => {
    await trial.boot(inject('adminUrl'), { options });
    await eventually(() => expect(trial.said(words)).toHaveLength(1));
    expect(trial.said(words)[0]).toContain('cannot be used');
    expect(await trial.isReady()).toBe(false);
  });
});

it('what passes by itself is a warning, and one for all of it', async () => {
  await trial.boot(inject('adminUrl'), { options: { port: 1 } });
  await eventually(() => expect(trial.said(/is not ready, and asked again: .*ECONNREFUSED/)).toHaveLength(1));
  expect(await trial.isReady()).toBe(false);
  expect(trial.said(/cannot be used/)).toEqual([]);
});

it('a database that becomes read-only under way is one that is away from then on, and back when it is not', async () => {
  database = await createTestDatabase();
  const name = nameOf(database.url);
  await trial.boot(database.url);
  await eventually(async () => expect(await trial.isReady()).toBe(true));
  const endAll = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  await query(inject('adminUrl'), `alter database ${name} set default_transaction_read_only = on`);
  await query(inject('adminUrl'), endAll);
  expect((await trial.ask(`/callbacks/esms/${TOKEN}?${callbackQuery('kept')}`)).text).toBe('OK');
  await eventually(() => expect(trial.said(/cannot be used.*unfit: it is read-only/)).toHaveLength(1));
  await query(inject('adminUrl'), `alter database ${name} reset default_transaction_read_only`);
  await trial.expectBack(database.url);
});
