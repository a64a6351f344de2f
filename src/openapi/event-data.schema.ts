import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';
import type { QuarantineReason } from '../callbacks/quarantined-callback.js';
import type { Charge as Counted } from '../domain/charge.js';
import type { EventType, QuarantinedData as Quarantined } from '../domain/domain-event.js';
import type { PreviousStatus as Previous } from '../domain/message-change.js';
import { CURRENCY } from '../domain/money.js';
import type { OutgoingData, OutgoingMessage } from '../events/cloud-event.js';
import { Counters, Message, Recipient, Telco } from './message.schema.js';
import { CHANNEL, orNull, OUTCOME, PROOF, QUARANTINE_REASON, STATE } from './vocabulary.js';

@ApiSchema({ description: 'The message as it stands after what the event tells. What is not known is null.' })
export class EventMessage extends OmitType(Message, ['recipient']) implements OutgoingMessage {
  @ApiProperty({
    type: () => Recipient,
    nullable: true,
    required: false,
    description: 'In full, and only where the relay is told to include it.',
  })
  recipient?: Recipient | null;
}

@ApiSchema({ description: 'Where the message stood before.' })
export class PreviousStatus implements Previous {
  @ApiProperty(STATE)
  state: Previous['state'];

  @ApiProperty(orNull(OUTCOME))
  outcome: Previous['outcome'];

  @ApiProperty({ type: () => Counters })
  counters: Counters;
}

@ApiSchema({
  description: 'A change of state, outcome or counters; once reported, also of error, channel or recipient.',
})
export class StatusData implements OutgoingData<'message.delivered'> {
  @ApiProperty({ type: () => EventMessage })
  message: EventMessage;

  @ApiProperty({ type: () => PreviousStatus })
  previous: PreviousStatus;

  @ApiProperty({
    type: Boolean,
    description: 'Whether it changes something that was final: what you made of the earlier event needs mending.',
  })
  correction: boolean;

  @ApiProperty(orNull(PROOF))
  proof: OutgoingData<'message.delivered'>['proof'];
}

@ApiSchema({ description: 'A price, and what it is counted under.' })
export class Charge implements Counted {
  @ApiProperty({ type: String, pattern: /^\d{1,14}\.\d{4}$/, example: '60.0000' })
  total: string;

  @ApiProperty(orNull(CHANNEL))
  channel: Counted['channel'];

  @ApiProperty({ type: () => Telco, nullable: true })
  telco: Telco | null;

  @ApiProperty({ type: String, nullable: true })
  templateId: string | null;

  @ApiProperty({ type: String, nullable: true })
  oaId: string | null;
}

@ApiSchema({
  description: 'A change of price, or of what it is counted under. The deltas of a message always sum to its total.',
})
export class CostData implements OutgoingData<'message.cost_changed'> {
  @ApiProperty({ type: () => EventMessage })
  message: EventMessage;

  @ApiProperty({
    type: String,
    pattern: /^-?\d{1,14}\.\d{4}$/,
    example: '160.0000',
    description: 'By how much the price changed, four decimals, as text; negative for a refund.',
  })
  delta: string;

  @ApiProperty({
    type: String,
    pattern: /^\d{1,14}\.\d{4}$/,
    example: '220.0000',
    description: 'What the gateway charges for the message now.',
  })
  total: string;

  @ApiProperty({ type: 'string', enum: [CURRENCY], example: CURRENCY })
  currency: typeof CURRENCY;

  @ApiProperty({
    type: () => Charge,
    required: false,
    description: 'What the price was counted under before, where channel, carrier, template or OA changed since.',
  })
  movedFrom?: Charge;
}

@ApiSchema({ description: 'Something about the message that somebody may want to see to.' })
export class CareData implements OutgoingData<'message.registered'> {
  @ApiProperty({ type: () => EventMessage })
  message: EventMessage;
}

@ApiSchema({ description: 'A callback that names no message it could be kept under.' })
export class QuarantinedData implements Quarantined {
  @ApiProperty({ type: 'string', format: 'uuid', description: 'Its id at `GET /quarantine`.' })
  quarantineId: string;

  @ApiProperty(QUARANTINE_REASON)
  reason: QuarantineReason;

  @ApiProperty({ type: 'string', format: 'date-time', example: '2026-11-25T19:49:31.643000Z' })
  receivedAt: string;
}

/** The description of each event's data: the compiler names a type that has none, or that of another. */
export const EVENT_DATA = {
  'message.sent': StatusData,
  'message.delivered': StatusData,
  'message.undelivered': StatusData,
  'message.partially_delivered': StatusData,
  'message.rejected': StatusData,
  'message.unknown': StatusData,
  'message.cost_changed': CostData,
  'message.registered': CareData,
  'message.contradicted': CareData,
  'receipt.quarantined': QuarantinedData,
} as const satisfies { [Type in EventType]: new () => OutgoingData<Type> };
