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
import { accountAsked } from '../access/account-asked.js';
import { type Caller, callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { onlyAccountAsked } from '../access/only-account-asked.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { EMPTY_PAGE, type Page } from '../database/page.js';
import { KeyShareInterceptor } from '../limits/key-share.js';
import { EsmsQuarantine } from './esms-quarantine.js';
import type { QuarantineItem } from './quarantined-callback.js';
import { ReplayDto } from './replay.dto.js';

/** What was authenticated but names no message: seen, and kept under a message after all. */
@Controller('quarantine')
@UseInterceptors(EsmsErrorInterceptor, KeyShareInterceptor)
export class QuarantineController {
  constructor(private readonly quarantine: EsmsQuarantine) {}

  /** The quarantined callbacks of an account, newest first. */
  @Get()
  @RequireScope('read')
  async list(@Req() request: object, @Query() query: Record<string, unknown>): Promise<Page<QuarantineItem>> {
    const account = accountAsked(request, query);
    if (account === null) return EMPTY_PAGE;
    const { items, nextCursor } = await this.quarantine.list({ ...query, ...account });
    return { items: items.map((item) => itemFor(callerOf(request), item)), nextCursor };
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
    const account = onlyAccountAsked(request, query);
    const { smsId } = validated(ReplayDto, body ?? {});
    const under = { ...(smsId !== undefined && { smsId }), ...account };
    const item = account === null ? null : await this.quarantine.replay(id, under);
    if (item === null) throw new NotFoundException('no such item in quarantine');
    return itemFor(callerOf(request), item);
  }
}

const itemFor = ({ scopes }: Caller, item: QuarantineItem): QuarantineItem =>
  scopes.has('pii') ? item : { ...item, raw: null };
