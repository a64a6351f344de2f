import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { AsIdentifier } from '../access/as-identifier.js';
import { IsMoment } from '../access/is-moment.js';
import { IsPerson } from '../access/is-person.js';
import { ListDto } from '../access/list.dto.js';
import { CHANNELS, type Channel } from '../domain/channel.js';

const STATES = ['pending', 'sent', 'reported'] as const;
const OUTCOMES = ['delivered', 'undelivered', 'partially_delivered', 'rejected', 'unknown'] as const;

/** PostgreSQL takes no others. */
const WITHOUT_NUL = /^[^\0]*$/;

/** What messages are asked for, by `GET /messages` or in process; all that is given must hold. */
export class FindMessagesDto extends ListDto {
  /** The RequestId it was sent or registered with. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(WITHOUT_NUL, { message: '$property: no NUL characters' })
  requestId?: string;

  /** The company's own name for it. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(256)
  @Matches(WITHOUT_NUL, { message: '$property: no NUL characters' })
  ref?: string;

  /** A phone in any Vietnamese form, or a Zalo user id. */
  @IsPerson()
  @IsOptional()
  @MaxLength(128)
  phone?: string;

  @IsOptional()
  @IsIn(STATES)
  state?: (typeof STATES)[number];

  @IsOptional()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  @IsOptional()
  @IsIn(CHANNELS)
  channel?: Channel;

  /** Created at or after this time. */
  @IsOptional()
  @IsMoment()
  from?: string;

  /** Created before this time. */
  @IsOptional()
  @IsMoment()
  to?: string;
}
