import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { AsIdentifier } from '../../access/as-identifier.js';
import { LimitDto } from '../../access/list.dto.js';
import { EVENT_PATTERNS } from '../subscriber.js';

const PATTERN = EVENT_PATTERNS.map((pattern) => pattern.replaceAll(/[.*]/g, '\\$&')).join('|');

/** Several patterns of events with commas between them. */
export const PATTERN_LIST = new RegExp(`^(?:${PATTERN})(?:,(?:${PATTERN}))*$`);

/** The longest wait for an event, in seconds: shorter than what proxies close a silent connection after. */
export const LONGEST_WAIT_S = 30;

/** What the feed may be asked. */
export class FeedDto extends LimitDto {
  /** Where the page before ended; `now` begins with what comes from now on, nothing at the beginning. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  after?: string;

  /** Which events: types, `message.*` or `*`, with commas between them. */
  @IsOptional()
  @MaxLength(1_000)
  @Matches(PATTERN_LIST, { message: `types: one or more of ${EVENT_PATTERNS.join(', ')}, with commas between them` })
  types = '*';

  /** Those of one SMSID, of one registration (`registration:…`), or of one quarantine item. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(/^[^\0]*$/, { message: 'subject: no NUL characters' })
  subject?: string;

  /** How long to wait for the first event where there is none yet, in seconds. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(LONGEST_WAIT_S)
  wait = 0;
}
