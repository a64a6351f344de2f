import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { AsIdentifier } from '../access/as-identifier.js';
import { IsMoment } from '../access/is-moment.js';
import { AccountDto, ListDto } from '../access/list.dto.js';

/** What the ledger may be asked. */
export class LedgerDto extends ListDto {
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

  /** By what it adds up. @default 'channel' */
  @IsOptional()
  @IsIn(GROUPINGS)
  groupBy: (typeof GROUPINGS)[number] = 'channel';
}
