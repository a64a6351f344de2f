import { IsNotEmpty, IsNumberString, IsOptional, IsString } from 'class-validator';

/** A callback as the plain service reads it. */
export class PlainCallbackDto {
  @IsString()
  @IsNotEmpty()
  SMSID: string;

  @IsNumberString()
  SendStatus: string;

  @IsNumberString()
  SendSuccess: string;

  @IsNumberString()
  SendFailed: string;

  @IsNumberString()
  TotalReceiver: string;

  @IsNumberString()
  TotalSent: string;

  @IsNumberString()
  TotalPrice: string;

  @IsString()
  TypeId: string;

  @IsString()
  RequestId: string;

  @IsString()
  telcoid: string;

  @IsString()
  phonenumber: string;

  @IsOptional()
  @IsString()
  error_info: string;

  @IsOptional()
  @IsString()
  oaid: string;

  @IsOptional()
  @IsString()
  tempid: string;

  @IsOptional()
  @IsString()
  partnerids: string;
}
