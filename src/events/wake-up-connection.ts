import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import pg from 'pg';
import type { Connection } from '../config/connection-options.js';

const ANSWER_WITHIN_MS = 2_000;
const BEAT = 'beat ';

/** The connection is one of a pooler's: LISTEN on it would be another client's a moment later. */
export class PooledConnection extends Error {
  override readonly name = 'PooledConnection';
}

/** A PostgreSQL session that listens to one channel. */
export class WakeUpConnection {
  readonly #lost = new AbortController();
  readonly #beats = new Map<string, () => void>();

  private constructor(
    private readonly client: pg.Client,
    private readonly channel: string,
    private readonly hear: (payload: string) => void,
  ) {
    client.on('error', () => this.#lost.abort());
    client.on('end', () => this.#lost.abort());
    client.on('notification', ({ payload = '' }) => this.#receive(payload));
  }

  /** `hear` gets the payload of each NOTIFY. Throws {@link PooledConnection} behind a pooler. */
  static async open(database: Connection, channel: string, hear: (payload: string) => void): Promise<WakeUpConnection> {
    const client = new pg.Client({
      ...database,
      application_name: 'nestjs-esms-wake-up',
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
      keepAlive: true,
    });
    const connection = new WakeUpConnection(client, channel, hear);
    try {
      await client.connect();
      await connection.#demandOwnSession();
      // The session is its own, so that it can say for all of itself what transactions of ours say each.
      await client.query('set session characteristics as transaction isolation level read committed');
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Aborted when the connection is known to be lost; a half-open one shows only in {@link beat}. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async notify(payload: string): Promise<void> {
    await this.client.query('select pg_notify($1, $2)', [this.channel, payload]);
  }

  /** Ends when the connection has heard what it told itself. Throws when it does not within two seconds. */
  async beat(): Promise<void> {
    const beat = `${BEAT}${randomUUID()}`;
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<void>((resolve, reject) => {
      this.#beats.set(beat, resolve);
      timer = setTimeout(() => reject(new Error('it does not hear itself')), ANSWER_WITHIN_MS);
    });
    try {
      await Promise.all([this.notify(beat), heard]);
    } finally {
      clearTimeout(timer);
      this.#beats.delete(beat);
    }
  }

  /** Says good-bye and waits for no answer: the other end may be gone. */
  close(): void {
    void this.client.end().catch(() => undefined);
    (this.client.connection.stream as Socket).destroySoon();
  }

  #receive(payload: string): void {
    if (!payload.startsWith(BEAT)) this.hear(payload);
    else this.#beats.get(payload)?.();
  }

  /** PostgreSQL tells a client the id of its server process at connect; a pooler tells it something else. */
  async #demandOwnSession(): Promise<void> {
    const { rows } = await this.client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const { processID } = this.client as pg.Client & { processID?: number };
    if (rows[0]?.pid !== processID) throw new PooledConnection('a pooler stands in between');
  }
}
