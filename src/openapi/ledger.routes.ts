import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { LedgerController } from '../billing/ledger.controller.js';
import { GROUPINGS, SummaryDto } from '../billing/ledger.dto.js';
import { keyNeeded } from './answers.js';
import { describeRoute } from './describe-route.js';
import { Ledger, LedgerSummary } from './ledger.schema.js';
import { ACCOUNT, Optional, PAGING, TIME } from './parameters.js';

/** Describes the routes about money. */
export function describeLedger(): void {
  ApiTags('billing')(LedgerController);
  describeRoute(LedgerController, 'entries', [
    ApiOperation({
      operationId: 'getLedger',
      summary: 'Reads the ledger',
      description:
        'Every change of a price, oldest first, of the account or of one message. The deltas of a message always sum ' +
        'to its total. Entries are made from events, so one may be there a moment after the message shows the price.',
    }),
    ...PAGING,
    Optional('smsId', 'Of this message only.', { type: 'string', maxLength: 128 }),
    ApiResponse({ status: 200, description: 'A page of entries.', type: Ledger }),
    ...keyNeeded('read'),
  ]);
  describeRoute(LedgerController, 'summary', [
    ApiOperation({
      operationId: 'getSummary',
      summary: 'Adds up the ledger',
      description: 'What the account was charged by channel, telco or day. Days are those of Asia/Ho_Chi_Minh.',
    }),
    ACCOUNT,
    Optional('from', 'The first day, or the first moment: a time with its offset.', TIME),
    Optional('to', 'The day, or the moment, before which it ends.', TIME),
    Optional('groupBy', 'By what it is added up.', {
      type: 'string',
      enum: [...GROUPINGS],
      default: new SummaryDto().groupBy,
    }),
    ApiResponse({ status: 200, description: 'The groups and their sum.', type: LedgerSummary }),
    ...keyNeeded('read'),
  ]);
}
