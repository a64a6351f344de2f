import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { isLocked } from '../database/is-locked.js';
import { type PageRequest, pageOf, type Page } from '../database/page.js';
import { recordedUntil } from '../database/recorded-until.js';
import { instantSql, rowsOf, type SqlRunner } from '../database/sql-runner.js';
import { derivedId } from '../domain/domain-event.js';
import { Outbox } from '../events/outbox.js';
import { LockedByOthers } from '../messages/locked-by-others.js';
import { CountedLine } from '../telemetry/counted-line.js';
import type { AuthenticatedCallback, QuarantineItem, QuarantineReason } from './quarantined-callback.js';

/** A kept callback with its bytes. */
export interface StoredQuarantine extends Omit<QuarantineItem, 'raw'> {
  raw: Buffer;
}

/** How many arrivals of one callback are remembered: a copy that came at one of these is none. */
const MOST_ARRIVALS = 32;

const COLUMNS = `id, account, ${instantSql('received_at', '"receivedAt"')}, ${instantSql('recorded_at', '"recordedAt"')},
  reason, raw, replayed_as as "replayedAs"`;

/** The one owner of the quarantine. */
@Injectable()
export class QuarantineStore {
  readonly #logger = new Logger('EsmsQuarantine');
  /** By account and reason: neither is what a caller chooses. */
  readonly #lines = new Map<string, CountedLine>();

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Keeps a callback and raises `receipt.quarantined`; a copy of one that is kept is counted. Throws
   * {@link LockedByOthers} where somebody holds that one, who replays it for example.
   */
  async add(callback: AuthenticatedCallback, reason: QuarantineReason): Promise<void> {
    const id = derivedId('quarantine', callback.account, callback.query.toString('latin1'));
    try {
      await this.#add(id, callback, reason);
    } catch (error) {
      throw isLocked(error) ? new LockedByOthers(`quarantined callback ${id}`, { cause: error }) : error;
    }
    this.outbox.announce();
    this.#say(`a callback of account ${callback.account} went into quarantine: ${reason}`);
  }

  /**
   * One page of an account's items, the last stored first, so that one from the spool is seen; as far as nothing can be
   * stored any more before what is shown.
   */
  async page(account: string, request: PageRequest): Promise<Page<StoredQuarantine>> {
    const { quarantine } = this.database.tables;
    const [recordedAt, id] = request.after ?? [null, null];
    const until = await this.database.reached(() => recordedUntil(this.database, quarantine));
    const rows = await rowsOf<StoredQuarantine>(
      this.database,
      `select ${COLUMNS} from ${quarantine}
       where account = $1 and recorded_at < $5
         and ($2::timestamptz is null or (recorded_at, id) < ($2::timestamptz, $3::uuid))
       order by quarantine.recorded_at desc, id desc limit $4`,
      [account, recordedAt, id, request.limit + 1, until],
    );
    return pageOf(rows, request.limit, (row) => [row.recordedAt, row.id]);
  }

  /**
   * Lets `keep` keep an item that nobody else replays meanwhile, and marks it with the SMSID that it gives; the row stays.
   * Gives the marked item, null where the account has none of this id.
   */
  async replay(
    account: string,
    id: string,
    keep: (item: StoredQuarantine) => Promise<string>,
  ): Promise<StoredQuarantine | null> {
    const { quarantine } = this.database.tables;
    const replay = async (runner: SqlRunner): Promise<StoredQuarantine | null> => {
      const find = `select ${COLUMNS} from ${quarantine} where account = $1 and id = $2 for update`;
      const [item] = await rowsOf<StoredQuarantine>(runner, find, [account, id]);
      if (item === undefined) return null;
      const replayedAs = await keep(item);
      const mark = `update ${quarantine} set replayed_as = $3 where account = $1 and id = $2`;
      await runner.query(mark, [account, id, replayedAs]);
      return { ...item, replayedAs };
    };
    return this.database.reached(() => this.database.transaction(replay));
  }

  #say(line: string): void {
    const lines = this.#lines.get(line) ?? new CountedLine((text) => this.#logger.warn(text));
    this.#lines.set(line, lines);
    lines.note(line);
  }

  async #add(
    id: string,
    { account, query, receivedAt }: AuthenticatedCallback,
    reason: QuarantineReason,
  ): Promise<void> {
    const { quarantine } = this.database.tables;
    await this.database.ingest(async (runner) => {
      const [row] = await rowsOf<{ repeats: number }>(
        runner,
        `insert into ${quarantine} as q (account, id, received_at, reason, raw, repeats) values ($1, $2, $3, $4, $5, 0)
         on conflict (account, id) do update
         set repeats = q.repeats + 1, arrivals = (array_prepend(excluded.received_at, q.arrivals))[1:${MOST_ARRIVALS}]
         where excluded.received_at <> q.received_at and not excluded.received_at = any(q.arrivals)
         returning repeats`,
        [account, id, receivedAt, reason, query],
      );
      if (row?.repeats !== 0) return;
      const data = { quarantineId: id, reason, receivedAt };
      const event = {
        id,
        type: 'receipt.quarantined',
        account,
        subject: id,
        sequence: null,
        time: receivedAt,
        data,
      } as const;
      await this.outbox.append(runner, [event]);
    });
  }
}
