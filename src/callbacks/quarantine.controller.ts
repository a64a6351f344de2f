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
import { EsmsError } from '../domain/errors.js';
import { CallbackReceiver } from './callback-receiver.js';
import type { QuarantineItem } from './quarantined-callback.js';
import { QuarantineStore, type StoredQuarantine } from './quarantine.store.js';
import { ReplayDto } from './replay.dto.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CURSOR = [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, UUID];

/** What was authenticated but names no message: seen, and kept under a message after all. */
@Controller('quarantine')
@UseInterceptors(EsmsErrorInterceptor)
export class QuarantineController {
  constructor(
    private readonly quarantine: QuarantineStore,
    private readonly receiver: CallbackReceiver,
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
    const item = account === null || !UUID.test(id) ? null : await this.quarantine.find(account, id);
    if (item === null) throw new NotFoundException('no such item in quarantine');
    const replayedAs = await this.#replay(item, smsId?.trim());
    return itemFor(caller, { ...item, replayedAs });
  }

  async #replay(item: StoredQuarantine, smsId: string | undefined): Promise<string> {
    if (item.replayedAs !== null && (smsId ?? item.replayedAs) !== item.replayedAs) {
      throw new EsmsError('quarantine_replayed', `was replayed already, as ${item.replayedAs}`);
    }
    const { account, receivedAt, raw } = item;
    const received = await this.receiver.keep(
      { account, receivedAt, query: raw },
      smsId ?? item.replayedAs ?? undefined,
    );
    if (!received.kept) {
      throw new EsmsError(
        'message_unkeepable',
        `cannot be kept under a message: ${received.reason}; name one in smsId`,
      );
    }
    await this.quarantine.markReplayed(account, item.id, received.smsId);
    return received.smsId;
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
