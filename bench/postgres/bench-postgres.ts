import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { EmbeddedPostgres } from '../../src/database/embedded-postgres/embedded-postgres.js';
import { Postmaster } from '../../src/database/embedded-postgres/postmaster.js';
import { ServerFolder } from '../../src/database/embedded-postgres/server-folder.js';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { serverSeconds } from '../processes/server-seconds.js';

/** What anybody sets on a server of a few gigabytes; everything else is PostgreSQL's default, durability above all. */
const SETTINGS = { shared_buffers: '1GB', max_wal_size: '4GB' };

const SHOWN = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'shared_buffers',
  'max_wal_size',
  'max_connections',
  'autovacuum',
];

/** The PostgreSQL of this run, durable, in the working folder: a temporary folder may be in memory, where fsync is free. */
export class BenchPostgres {
  private constructor(
    private readonly directory: string,
    private readonly server: EmbeddedPostgres,
  ) {}

  static async start(): Promise<BenchPostgres> {
    mkdirSync('.bench', { recursive: true });
    const directory = mkdtempSync(resolve('.bench', 'postgres-'));
    return new BenchPostgres(directory, await startEmbeddedPostgres({ directory, settings: SETTINGS }));
  }

  /** An empty database; gives its URL. Whatever was written before is on disk first. */
  async create(name: string): Promise<string> {
    await this.drop(name);
    await this.query('checkpoint');
    await this.query(`create database ${name}`);
    return this.urlOf(name);
  }

  async drop(name: string): Promise<void> {
    await this.query(`drop database if exists ${name} with (force)`);
  }

  async settings(): Promise<string> {
    const [row = {}] = await this.query(
      `select ${SHOWN.map((name) => `current_setting('${name}') as ${name}`).join(', ')}`,
    );
    return Object.entries(row)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  }

  /** Processor time used so far, in seconds; null where the system does not tell. */
  processorSeconds(): number | null {
    const postmaster = Postmaster.find(ServerFolder.open(this.directory).data);
    return postmaster === null ? null : serverSeconds(postmaster.identity.pid);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(ServerFolder.open(this.directory).place, { recursive: true, force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }

  private urlOf(name: string): string {
    const url = new URL(this.server.url);
    url.pathname = join('/', name);
    return url.href;
  }

  private query(sql: string): Promise<Record<string, string>[]> {
    return querying(this.server.url, async (client) => (await client.query<Record<string, string>>(sql)).rows);
  }
}

/** Connects for some work, and leaves. */
export async function querying<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The number of rows of a table. */
export async function countRows(url: string, table: string): Promise<number> {
  return querying(url, async (client) => {
    const { rows } = await client.query<{ count: number }>(`select count(*)::integer as count from ${table}`);
    return rows[0]?.count ?? 0;
  });
}
