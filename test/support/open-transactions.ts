import pg from 'pg';

/** Transactions of others, open for as long as a test wants. */
export class OpenTransactions {
  readonly #clients: pg.Client[] = [];

  async begin(url: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    this.#clients.push(client);
    await client.connect();
    await client.query('begin');
    return client;
  }

  /** Rolls back those that are still open. */
  async end(): Promise<void> {
    for (const each of this.#clients.splice(0)) await each.end();
  }
}

/** Writes a `message.sent` in a transaction, as a host's registration may long before its commit. */
export const writeEvent = (client: pg.Client, subject: string, sequence = 1): Promise<unknown> =>
  client.query(
    `insert into esms.changes (account, subject, sequence, types, occurred_at, facts)
     values ('default', $1, $2, '{message.sent}', now(), '[{"note":"late"}]')`,
    [subject, sequence],
  );
