import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MOMENT } from '../domain/clock.js';
import type { EventPattern } from '../events/on-esms-event.js';
import { EVENT_PATTERNS } from '../events/subscriber.js';
import type { WebhookAttempt as Attempt } from '../events/webhooks/webhook-attempts.js';
import type { Webhook as View } from '../events/webhooks/webhook-table.js';
import type { ChangeWebhookDto, NewWebhookDto, ReplayWebhookDto } from '../events/webhooks/webhooks.dto.js';
import { List } from './list.schema.js';

const SECRET = {
  type: String,
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
  description: 'Signs every call, as Standard Webhooks says. Shown this once.',
} as const;

const URL_OF = { type: String, maxLength: 2_048, example: 'https://crm.example.vn/hooks/esms' } as const;
const EVENTS = {
  type: 'string',
  isArray: true,
  enum: [...EVENT_PATTERNS],
  example: ['message.delivered', 'message.cost_changed'],
} as const;

@ApiSchema({ description: 'Another system that is called with events.' })
export class Webhook implements View {
  @ApiProperty({ type: 'string', format: 'uuid', example: '0f3c5a4e-6a52-4d0e-9d0e-0d7b6f6b2c11' })
  id: string;

  @ApiProperty({
    ...URL_OF,
    description: 'Where it is called; up to the first segment of its path for a key without the scope `operate`.',
  })
  url: string;

  @ApiProperty({
    type: String,
    example: 'webhook:0f3c5a4e-6a52-4d0e-9d0e-0d7b6f6b2c11',
    description: 'Its name among the subscribers of events, where its lag and its parked deliveries are.',
  })
  subscriber: string;

  @ApiProperty({ ...EVENTS, description: 'The events it gets: types, `message.*` or `*`.' })
  events: EventPattern[];

  @ApiProperty({ type: String, example: 'the CRM', description: 'For people.' })
  description: string;

  @ApiProperty({ type: Boolean, description: 'Whether it is called; its events wait while it is not.' })
  enabled: boolean;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when no call has succeeded; null where the last one did.',
  })
  failingSince: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it was disabled, where nobody asked for that.' })
  notice: string | null;

  @ApiProperty({ type: 'string', format: 'date-time' })
  createdAt: string;
}

@ApiSchema({ description: 'A webhook that was just added.' })
export class AddedWebhook extends Webhook {
  @ApiProperty(SECRET)
  secret: string;
}

@ApiSchema({ description: 'All webhooks of the account, oldest first.' })
export class WebhookList {
  @ApiProperty({ type: () => [Webhook] })
  items: Webhook[];
}

@ApiSchema({ description: 'What may be changed of a webhook; what is left out stays.' })
export class ChangeWebhook implements Record<keyof ChangeWebhookDto, unknown> {
  @ApiProperty({
    ...URL_OF,
    required: false,
    description: 'https on a public address, unless the service allows others.',
  })
  url: string;

  @ApiProperty({ ...EVENTS, required: false, description: 'Which events it gets: types, `message.*` or `*`.' })
  events: EventPattern[];

  @ApiProperty({ type: String, maxLength: 256, required: false, description: 'For people.' })
  description: string;

  @ApiProperty({ type: Boolean, required: false, description: 'Whether it is called.' })
  enabled: boolean;
}

@ApiSchema({ description: 'A webhook to add. It gets all events unless told otherwise.' })
export class NewWebhook extends ChangeWebhook implements Record<keyof NewWebhookDto, unknown> {
  @ApiProperty({ ...URL_OF, description: 'https on a public address, unless the service allows others.' })
  override url: string;
}

@ApiSchema({
  description: 'What to deliver again: everything stored since a time, or a message’s events, or one of them.',
})
export class ReplayWebhook implements Record<keyof ReplayWebhookDto, unknown> {
  @ApiProperty({
    type: 'string',
    pattern: MOMENT.source,
    required: false,
    example: '2026-11-25T00:00:00+07:00',
    description: 'Since when they were stored: a day of Vietnam, or a time with its offset.',
  })
  from: string;

  @ApiProperty({ type: String, maxLength: 128, required: false, description: 'The events of this SMSID.' })
  subject: string;

  @ApiProperty({ type: 'string', format: 'uuid', required: false, description: 'Of these, the one with this id.' })
  eventId: string;
}

@ApiSchema({ description: 'The new secret; the one before it signs too until then.' })
export class RotatedSecret {
  @ApiProperty(SECRET)
  secret: string;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'Until when the one before still signs.' })
  previousUntil: string;
}

@ApiSchema({ description: 'One call of a webhook. A status of 2xx means that it took the event.' })
export class WebhookAttempt implements Attempt {
  @ApiProperty({ type: 'string', format: 'date-time' })
  at: string;

  @ApiProperty({ type: 'string', format: 'uuid', description: 'What `webhook-id` said.' })
  eventId: string;

  @ApiProperty({ type: String, example: 'message.delivered', description: '`webhook.ping` for a test.' })
  type: string;

  @ApiProperty({ type: String, nullable: true, description: 'The SMSID; null for a test.' })
  subject: string | null;

  @ApiProperty({ type: 'integer', example: 1, description: 'Which attempt for this event it was.' })
  attempt: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 204, description: 'null where no answer came.' })
  status: number | null;

  @ApiProperty({ type: 'integer', example: 35, description: 'How long it took, in milliseconds.' })
  durationMs: number;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong where no answer came.' })
  error: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'How the answer begins: 1,000 characters at most; null where it came from a private network.',
  })
  response: string | null;
}

@ApiSchema({ description: 'A page of the last calls, the latest first.' })
export class WebhookAttemptList extends List {
  @ApiProperty({ type: () => [WebhookAttempt] })
  items: WebhookAttempt[];
}
