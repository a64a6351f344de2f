import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MOMENT } from '../domain/clock.js';
import type { RegistrationDto } from '../messages/registration.dto.js';
import { Message } from './message.schema.js';
import { CHANNEL } from './vocabulary.js';

@ApiSchema({
  description: 'What you know of a message, before or after it is sent. At least one of `smsId`, `requestId`, `ref`.',
})
export class Registration implements Record<keyof RegistrationDto, unknown> {
  @ApiProperty({ type: String, required: false, maxLength: 128, description: 'The SMSID, once the gateway gave one.' })
  smsId: string;

  @ApiProperty({ type: String, required: false, maxLength: 128, description: 'The RequestId it is sent with.' })
  requestId: string;

  @ApiProperty({ type: String, required: false, maxLength: 256, description: 'Your own name for it, unique with you.' })
  ref: string;

  @ApiProperty({ ...CHANNEL, required: false })
  channel: string;

  @ApiProperty({
    type: String,
    required: false,
    maxLength: 128,
    description: 'A phone in any Vietnamese form, or a Zalo user id.',
  })
  recipient: string;

  @ApiProperty({
    type: String,
    required: false,
    pattern: MOMENT,
    example: '2026-11-25T08:00:00+07:00',
    description: 'When it is to be sent, a day or a time with its offset; the wait for a report begins then.',
  })
  scheduledFor: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    description: 'Any JSON object of yours, up to 16,384 characters.',
  })
  metadata: object;
}

@ApiSchema({ description: 'Why one registration of several was refused.' })
export class RegistrationError {
  @ApiProperty({ type: String })
  title: string;

  @ApiProperty({ type: String, example: 'contradicts an earlier registration: smsId' })
  detail: string;
}

@ApiSchema({ description: 'The answer to one registration of several: a message or an error.' })
export class RegistrationAnswer {
  @ApiProperty({
    type: 'integer',
    example: 201,
    description: 'The status it would have had alone: 200, 201, 400, 409.',
  })
  status: number;

  @ApiProperty({ type: () => Message, required: false })
  message?: Message;

  @ApiProperty({ type: () => RegistrationError, required: false })
  error?: RegistrationError;
}

@ApiSchema({ description: 'The answers to several registrations, in the order of the array.' })
export class RegistrationAnswers {
  @ApiProperty({ type: () => [RegistrationAnswer] })
  items: RegistrationAnswer[];
}
