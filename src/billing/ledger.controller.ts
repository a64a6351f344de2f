import { Controller, Get, Query, Req, UseInterceptors } from '@nestjs/common';
import { accountFor, callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { decodeCursor } from '../database/page.js';
import { ZERO } from '../domain/money.js';
import { LedgerDto, SummaryDto } from './ledger.dto.js';
import { type LedgerGroup, type LedgerPage, LedgerQueries } from './ledger-queries.js';

const CURSOR = [/^\d{1,18}$/];

/** The ledger: what was charged, change by change, and in sum. */
@Controller('billing')
@UseInterceptors(EsmsErrorInterceptor)
export class LedgerController {
  constructor(private readonly ledger: LedgerQueries) {}

  /** The entries of an account, or of one message. */
  @Get('ledger')
  @RequireScope('read')
  async entries(@Req() request: object, @Query() query: Record<string, unknown>): Promise<LedgerPage> {
    const { account: asked, cursor, limit, smsId } = validated(LedgerDto, query);
    const account = accountFor(callerOf(request), asked);
    if (account === null) return { items: [], nextCursor: null, sum: ZERO };
    return this.ledger.page(account, smsId, {
      limit,
      after: cursor === undefined ? null : decodeCursor(cursor, CURSOR),
    });
  }

  /** The charges of an account by channel, telco or day. */
  @Get('summary')
  @RequireScope('read')
  async summary(
    @Req() request: object,
    @Query() query: Record<string, unknown>,
  ): Promise<{ groups: LedgerGroup[]; sum: string }> {
    const { account: asked, ...selection } = validated(SummaryDto, query);
    const account = accountFor(callerOf(request), asked);
    return account === null ? { groups: [], sum: ZERO } : this.ledger.summary(account, selection);
  }
}
