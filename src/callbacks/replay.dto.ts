import { IsOptional, IsString, Matches } from 'class-validator';
import { AsIdentifier } from '../access/as-identifier.js';

/** The body of a replay. */
export class ReplayDto {
  /** The message to keep the callback under, where it names none itself. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @Matches(/^(?=.*\S)[^\p{Cc}\uFFFD]{1,128}$/u, {
    message: 'smsId: 1 to 128 characters, none of them a control character',
  })
  smsId?: string;
}
