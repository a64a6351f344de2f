import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { AsIdentifier } from '../access/as-identifier.js';
import { IsMoment } from '../access/is-moment.js';
import { AccountDto, ListDto } from '../access/list.dto.js';

/** What the ledger may be asked. */
export class LedgerDto extends ListDto {
  /** Posted on or after this day (Asia/Ho_Chi_Minh), or at or after this moment. */
  @IsOptional()
  @IsMoment()
  from?: string;

  /** Posted before this day, or this moment. */
  @IsOptional()
  @IsMoment()
  to?: string;

  /** Of one message alone. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(/^[^\0]*$/, { message: 'smsId: no NUL characters' })
  smsId?: string;
}

/** By what a summary adds up. */
export const GROUPINGS = ['channel', 'telco', 'day'] as const;

/** By which of its times an entry belongs to a period. */
export const TIMES = ['recorded', 'received'] as const;

/** What a summary may be asked. */
export class SummaryDto extends AccountDto {
  /** The first day (Asia/Ho_Chi_Minh), or the first moment. */
  @IsOptional()
  @IsMoment()
  from?: string;

  /** The day, or the moment, before which it ends. */
  @IsOptional()
  @IsMoment()
  to?: string;

  /**
   * By which time: when an entry was posted (a period that is over never changes any more), or when the report with the
   * price came (what comes late changes it). @default 'recorded'
   */
  @IsOptional()
  @IsIn(TIMES)
  by: (typeof TIMES)[number] = 'recorded';

  /** By what it adds up. @default 'channel' */
  @IsOptional()
  @IsIn(GROUPINGS)
  groupBy: (typeof GROUPINGS)[number] = 'channel';
}
