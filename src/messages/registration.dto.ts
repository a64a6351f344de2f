import { IsIn, IsObject, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { AsIdentifier } from '../access/as-identifier.js';
import { IsMoment } from '../access/is-moment.js';
import { CHANNELS, type Channel } from '../domain/channel.js';
import { parseMoment } from '../domain/clock.js';
import { EsmsError } from '../domain/errors.js';
import { SMS_ID } from '../domain/identifier.js';
import { recipientOf } from '../domain/recipient.js';
import { storableMetadata } from './metadata.js';
import type { RegistrationRequest } from './registration-request.js';

/**
 * Text without control characters and halves of characters: PostgreSQL takes no NUL and no half, and people should not
 * have to read the others.
 */
const PRINTABLE = {
  pattern: /^(?=.*\S)[^\p{Cc}\p{Surrogate}\uFFFD]+$/u,
  options: { message: '$property: no control characters, and not empty' },
};

/** What the company knows of a message, in a body of `POST /messages` or in process: at least one of the first three. */
export class RegistrationDto {
  /** The gateway's id of the message, once it gave one. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(PRINTABLE.pattern, PRINTABLE.options)
  @Matches(SMS_ID, { message: '$property: no SMSID of the gateway' })
  smsId?: string;

  /** The RequestId it is sent with. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(PRINTABLE.pattern, PRINTABLE.options)
  requestId?: string;

  /** The company's own name for it, which no other message of the account has. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(256)
  @Matches(PRINTABLE.pattern, PRINTABLE.options)
  ref?: string;

  /** The channel it goes by; what callbacks say counts more. */
  @IsOptional()
  @IsIn(CHANNELS)
  channel?: Channel;

  /** A phone in any Vietnamese form, or a Zalo user id. */
  @AsIdentifier()
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(PRINTABLE.pattern, PRINTABLE.options)
  recipient?: string;

  /** When it is to be sent: a day of Vietnam, or a time with its offset; the wait for a report begins then. */
  @IsOptional()
  @IsMoment()
  scheduledFor?: string;

  /** Any JSON object of the company's own, up to 16 KB and 32 levels. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

type Nullable<Dto> = { [Name in keyof Dto]: Dto[Name] | null };

/** The request that a checked body makes. Throws `registration_invalid` where it names no message. */
export function requestOf(dto: RegistrationDto): RegistrationRequest {
  // A null is as good as nothing: that is how our own answers write it.
  const { metadata = null, recipient = null, scheduledFor = null }: Nullable<RegistrationDto> = dto;
  const names = { smsId: dto.smsId ?? null, requestId: dto.requestId ?? null, ref: dto.ref ?? null };
  if (Object.values(names).every((name) => name === null)) {
    throw new EsmsError('registration_invalid', 'at least one of smsId, requestId and ref is needed');
  }
  return {
    ...names,
    channel: dto.channel ?? null,
    recipient: recipient === null ? null : recipientOf(recipient),
    scheduledFor: scheduledFor === null ? null : parseMoment(scheduledFor),
    metadata: metadata === null ? null : storableMetadata(metadata),
  };
}
