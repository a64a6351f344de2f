import { IsOptional, IsString, Matches } from 'class-validator';
import { SMS_ID } from '../domain/identifier.js';
import { AsIdentifier } from '../access/as-identifier.js';

/** The body of a replay. */
export class ReplayDto {
  /** The message to keep the callback under, where it names none itself. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @Matches(SMS_ID, { message: 'smsId: 1 to 128 characters, none of them a control character, no registration:…' })
  smsId?: string;
}
