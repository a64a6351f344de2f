import {
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import { accountFor, type Caller, callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { AccountDto, ListDto } from '../access/list.dto.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { decodeCursor, type Page } from '../database/page.js';
import { isInstant } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { CallbackKeeper } from './callback-keeper.js';
import type { QuarantineItem } from './quarantined-callback.js';
import { QuarantineStore, type StoredQuarantine } from './quarantine.store.js';
import { ReplayDto } from './replay.dto.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CURSOR = [{ test: isInstant }, UUID];

/** What was authenticated but names no message: seen, and kept under a message after all. */
@Controller('quarantine')
@UseInterceptors(EsmsErrorInterceptor)
export class QuarantineController {
  constructor(
    private readonly quarantine: QuarantineStore,
    private readonly keeper: CallbackKeeper,
  ) {}

  /** The quarantined callbacks of an account, newest first. */
  @Get()
  @RequireScope('read')
  async list(@Req() request: object, @Query() query: Record<string, unknown>): Promise<Page<QuarantineItem>> {
    const caller = callerOf(request);
    const { account: asked, cursor, limit } = validated(ListDto, query);
    const account = accountFor(caller, asked);
    if (account === null) return { items: [], nextCursor: null };
    const after = cursor === undefined ? null : decodeCursor(cursor, CURSOR);
    const page = await this.quarantine.page(account, { limit, after });
    return { ...page, items: page.items.map((item) => itemFor(caller, item)) };
  }

  /** Keeps the original bytes, of their account and time, under the SMSID given; the row stays, marked. */
  @Post(':id/replay')
  @HttpCode(200)
  @RequireScope('operate')
  async replay(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Body() body: unknown,
  ): Promise<QuarantineItem> {
    const caller = callerOf(request);
    const { smsId } = validated(ReplayDto, body ?? {});
    const account = accountFor(caller, validated(AccountDto, query).account);
    const keep = (item: StoredQuarantine): Promise<string> => this.#keep(item, smsId?.trim() ?? null);
    const item = account === null || !UUID.test(id) ? null : await this.quarantine.replay(account, id, keep);
    if (item === null) throw new NotFoundException('no such item in quarantine');
    return itemFor(caller, item);
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

const itemFor = ({ scopes }: Caller, { raw, ...item }: StoredQuarantine): QuarantineItem => ({
  id: item.id,
  account: item.account,
  receivedAt: item.receivedAt,
  reason: item.reason,
  raw: scopes.has('pii') ? raw.toString('latin1') : null,
  replayedAs: item.replayedAs,
});
