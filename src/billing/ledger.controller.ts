import { Controller, Get, Query, Req, UseInterceptors } from '@nestjs/common';
import { accountAsked } from '../access/account-asked.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { RequireScope } from '../access/require-scope.js';
import { EMPTY_PAGE } from '../database/page.js';
import { ZERO } from '../domain/money.js';
import { KeyShareInterceptor } from '../limits/key-share.js';
import { EsmsLedger } from './esms-ledger.js';
import type { LedgerPage, LedgerSummary } from './ledger-queries.js';

/** The ledger: what was charged, change by change, and in sum. */
@Controller('billing')
@UseInterceptors(EsmsErrorInterceptor, KeyShareInterceptor)
export class LedgerController {
  constructor(private readonly ledger: EsmsLedger) {}

  /** The entries of an account, or of one message. */
  @Get('ledger')
  @RequireScope('read')
  async entries(@Req() request: object, @Query() query: Record<string, unknown>): Promise<LedgerPage> {
    const account = accountAsked(request, query);
    return account === null ? { ...EMPTY_PAGE, sum: ZERO } : this.ledger.entries({ ...query, ...account });
  }

  /** The charges of an account by channel, telco or day. */
  @Get('summary')
  @RequireScope('read')
  async summary(@Req() request: object, @Query() query: Record<string, unknown>): Promise<LedgerSummary> {
    const account = accountAsked(request, query);
    return account === null ? { groups: [], sum: ZERO } : this.ledger.summary({ ...query, ...account });
  }
}
