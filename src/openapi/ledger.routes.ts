import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { LedgerController } from '../billing/ledger.controller.js';
import { GROUPINGS, SummaryDto, TIMES } from '../billing/ledger.dto.js';
import { CURSOR_GONE, keyNeeded } from './answers.js';
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
        'Every change of a price in the order of posting, of the account, of one message, or of a period. The deltas ' +
        'of a message always sum to its total. Entries are made from events, so one may be there a moment after the ' +
        'message shows the price. `from` and `to` go by `recordedAt`: a report that came long ago and was stored just ' +
        'now is posted now, and what was read of a period that is over stays as it is.',
    }),
    ...PAGING,
    Optional('from', 'Posted since this day, or moment: a time with its offset.', TIME),
    Optional('to', 'Posted before this day, or moment.', TIME),
    Optional('smsId', 'Of this message only.', { type: 'string', maxLength: 128 }),
    ApiResponse({ status: 200, description: 'A page of entries.', type: Ledger }),
    ...keyNeeded('read'),
    CURSOR_GONE,
  ]);
  describeRoute(LedgerController, 'summary', [
    ApiOperation({
      operationId: 'getSummary',
      summary: 'Adds up the ledger',
      description:
        'What the account was charged by channel, telco or day. Days are those of Asia/Ho_Chi_Minh. A period goes by ' +
        'when entries were posted, so that one that is over does not change any more; with `by=received` by when the ' +
        'reports came, so that what comes late still counts in it.',
    }),
    ACCOUNT,
    Optional('from', 'The first day, or the first moment: a time with its offset.', TIME),
    Optional('to', 'The day, or the moment, before which it ends.', TIME),
    Optional('by', 'By which time an entry belongs to a day and a period: `recordedAt`, or `at`.', {
      type: 'string',
      enum: [...TIMES],
      default: new SummaryDto().by,
    }),
    Optional('groupBy', 'By what it is added up.', {
      type: 'string',
      enum: [...GROUPINGS],
      default: new SummaryDto().groupBy,
    }),
    ApiResponse({ status: 200, description: 'The groups and their sum.', type: LedgerSummary }),
    ...keyNeeded('read'),
  ]);
}
