import { Injectable } from '@nestjs/common';
import type { AccountChoice } from '../access/account-choice.js';
import { AccountDto, ListDto } from '../access/list.dto.js';
import { validated } from '../access/validated.js';
import { Accounts } from '../config/accounts.js';
import { decodeCursor, type Page } from '../database/page.js';
import { UUID } from '../database/uuid.js';
import { isInstant } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { CallbackKeeper } from './callback-keeper.js';
import type { QuarantineItem } from './quarantined-callback.js';
import { QuarantineStore, type StoredQuarantine } from './quarantine.store.js';
import { ReplayDto } from './replay.dto.js';

const CURSOR = [{ test: isInstant }, UUID];

/** Under which message, and of which account. */
export interface QuarantineReplay extends AccountChoice {
  /** The message to keep the callback under. @default the SMSID the callback names itself */
  smsId?: string;
}

/**
 * Callbacks whose token was good but that name no message: seen, and kept under one after all. Its answers are those of
 * the routes `/quarantine`. Everything throws `database_away` as well.
 */
@Injectable()
export class EsmsQuarantine {
  /** @internal */
  constructor(
    private readonly accounts: Accounts,
    private readonly store: QuarantineStore,
    private readonly keeper: CallbackKeeper,
  ) {}

  /**
   * A page of them, the last stored first. Throws `arguments_invalid` with every problem, `cursor_invalid`, and `account_unknown`.
   */
  async list(filter: Partial<ListDto> = {}): Promise<Page<QuarantineItem>> {
    const { account, cursor, limit } = validated(ListDto, filter);
    const after = decodeCursor(cursor, CURSOR);
    const { items, nextCursor } = await this.store.page(this.accounts.chosen(account), { limit, after });
    return { items: items.map(itemOf), nextCursor };
  }

  /**
   * Keeps the original bytes, of their account and time, under the SMSID given; the item stays, marked. null where the
   * account has none of this id. The same again changes nothing. Throws `message_unkeepable` where it names no message
   * itself and none is given, `quarantine_replayed` where it was kept under another, `arguments_invalid`, and
   * `account_unknown`.
   */
  async replay(id: string, { smsId, account }: QuarantineReplay = {}): Promise<QuarantineItem | null> {
    const chosen = this.accounts.chosen(validated(AccountDto, { account }).account);
    const under = validated(ReplayDto, { smsId }).smsId ?? null;
    if (!UUID.test(id)) return null;
    const item = await this.store.replay(chosen, id, (each) => this.#keep(each, under));
    return item === null ? null : itemOf(item);
  }

  async #keep({ account, receivedAt, raw, replayedAs }: StoredQuarantine, smsId: string | null): Promise<string> {
    if (replayedAs !== null) {
      if (smsId === null || smsId === replayedAs) return replayedAs;
      throw new EsmsError('quarantine_replayed', `was replayed already, as ${replayedAs}`);
    }
    const kept = await this.keeper.keepUnderMessage({ account, receivedAt, query: raw }, smsId);
    if ('smsId' in kept) return kept.smsId;
    const why = `cannot be kept under a message: ${kept.quarantined}; name one in smsId`;
    throw new EsmsError('message_unkeepable', why);
  }
}

const itemOf = ({ raw, ...item }: StoredQuarantine): QuarantineItem => ({
  id: item.id,
  account: item.account,
  receivedAt: item.receivedAt,
  recordedAt: item.recordedAt,
  reason: item.reason,
  raw: raw.toString('latin1'),
  replayedAs: item.replayedAs,
});
