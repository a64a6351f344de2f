import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const POLL_MS = 2;

/** Positions below this far from the newest are no longer waited for: a number may be drawn and never used. */
const LONGEST_GAP = 1_000;

/** Of the last seconds, by their index; none is longer on its way. */
const NEW_ROWS = `
  select position, sms_id as "smsId" from esms.ledger
  where account = 'default' and recorded_at > now() - interval '20 seconds' and position > $1 order by position`;

/** Notes when the rows of the ledger can first be seen, that is, are committed; a poll late at most. */
export class LedgerWatch {
  readonly seenAt = new Map<string, number>();
  readonly #client: pg.Client;
  readonly #ahead = new Set<number>();
  #position = 0;
  #watching = true;
  #ended: Promise<void> = Promise.resolve();

  constructor(databaseUrl: string) {
    this.#client = new pg.Client({ connectionString: databaseUrl });
  }

  async start(): Promise<void> {
    await this.#client.connect();
    this.#ended = this.#watch();
  }

  async stop(): Promise<void> {
    this.#watching = false;
    await this.#ended;
    await this.#client.end();
  }

  async #watch(): Promise<void> {
    while (this.#watching) {
      const { rows } = await this.#client.query<{ position: string; smsId: string }>({
        name: 'new-rows',
        text: NEW_ROWS,
        values: [this.#position],
      });
      const now = performance.now();
      for (const { position, smsId } of rows) {
        if (!this.seenAt.has(smsId)) this.seenAt.set(smsId, now);
        this.#ahead.add(Number(position));
      }
      this.#advance(Number(rows.at(-1)?.position ?? this.#position));
      await sleep(POLL_MS);
    }
  }

  /** Goes on from the first position that is missing: a smaller one may be committed after a larger one. */
  #advance(newest: number): void {
    while (this.#ahead.delete(this.#position + 1) || this.#position < newest - LONGEST_GAP) this.#position += 1;
  }
}
