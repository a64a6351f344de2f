import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { NAME_PATTERN } from '../config/patterns.js';

/** What every question about one account may say. */
export class AccountDto {
  /** The account, where the caller may see several. */
  @IsOptional()
  @Matches(NAME_PATTERN, { message: 'account: not the name of an account' })
  account?: string;
}

/** What everything with many items takes. */
export class LimitDto extends AccountDto {
  /** How many items, at most 500. @default 50 */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;
}

/** What every list takes. */
export class ListDto extends LimitDto {
  /** Where the page before ended. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  cursor?: string;
}
