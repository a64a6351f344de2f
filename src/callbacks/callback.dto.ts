import { SMS_ID } from '../domain/identifier.js';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

/** Counters: up to ten digits, nothing else; `Number` would also take `1e3`, `0x10` and blanks. */
const COUNT = /^\d{1,10}$/;

/**
 * Identifiers: opaque, but a control character is no part of one, nor is U+FFFD, which stands for bytes that were not
 * UTF-8.
 */
const IDENTIFIER = /^[^\p{Cc}\uFFFD]{1,128}$/u;

/** At most 14 integer digits and 4 decimals: what `numeric(18,4)` holds exactly. */
const PRICE = /^\d{1,14}(?:\.\d{1,4})?$/;

/** Longest error text that is read; the longest of any sample has 300 characters. */
const LONGEST_ERROR_INFO = 8_192;

/**
 * A callback as the gateway spells it (facts §1.2 and samples §1.3): text, any of it absent. Names are matched whatever
 * their case (the gateway's table says `Totalprice`, its samples say `TotalPrice`); parameters that are not here are
 * kept in the raw receipt.
 */
export class CallbackDto {
  @IsString()
  @Matches(SMS_ID)
  SMSID: string;

  @IsOptional()
  @Matches(/^\d{1,9}$/)
  SendStatus?: string;

  @IsOptional()
  @Matches(COUNT)
  SendSuccess?: string;

  @IsOptional()
  @Matches(COUNT)
  SendFailed?: string;

  @IsOptional()
  @Matches(COUNT)
  TotalReceiver?: string;

  @IsOptional()
  @Matches(COUNT)
  TotalSent?: string;

  @IsOptional()
  @Matches(PRICE)
  TotalPrice?: string;

  @IsOptional()
  @Matches(/^[\w.-]{1,32}$/)
  TypeId?: string;

  @IsOptional()
  @Matches(IDENTIFIER)
  RequestId?: string;

  @IsOptional()
  @Matches(/^[\w.-]{1,32}$/)
  telcoid?: string;

  @IsOptional()
  @Matches(IDENTIFIER)
  phonenumber?: string;

  @IsOptional()
  @Matches(IDENTIFIER)
  switchsmsid?: string;

  @IsOptional()
  @Matches(IDENTIFIER)
  partnerids?: string;

  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_ERROR_INFO)
  error_info?: string;

  @IsOptional()
  @Matches(IDENTIFIER)
  oaid?: string;

  @IsOptional()
  @Matches(IDENTIFIER)
  tempid?: string;
}
