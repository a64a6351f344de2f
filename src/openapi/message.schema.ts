import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Failure as DomainFailure } from '../domain/failure.js';
import type { Counters as DomainCounters } from '../domain/message-state.js';
import type { MessageView } from '../domain/message-view.js';
import { CURRENCY } from '../domain/money.js';
import type { Recipient as DomainRecipient } from '../domain/recipient.js';
import type { Telco as DomainTelco } from '../domain/telco.js';
import { ANOMALY, CHANNEL, FAILURE_CLASS, orNull, OUTCOME, REASON, RECIPIENT_KIND, STATE } from './vocabulary.js';

@ApiSchema({ description: 'How many recipients, and what became of them; null while no report told.' })
export class Counters implements DomainCounters {
  @ApiProperty({ type: 'integer', nullable: true, example: 169, description: 'TotalReceiver of the gateway.' })
  receivers: DomainCounters['receivers'];

  @ApiProperty({ type: 'integer', nullable: true, example: 169, description: 'TotalSent.' })
  sent: DomainCounters['sent'];

  @ApiProperty({ type: 'integer', nullable: true, example: 150, description: 'SendSuccess.' })
  succeeded: DomainCounters['succeeded'];

  @ApiProperty({ type: 'integer', nullable: true, example: 19, description: 'SendFailed.' })
  failed: DomainCounters['failed'];
}

@ApiSchema({ description: 'The total that the gateway charges for the message; it may change with a later report.' })
export class Price {
  @ApiProperty({
    type: String,
    nullable: true,
    pattern: /^\d{1,14}\.\d{4}$/,
    example: '470.0000',
    description: 'Four decimals, as text; null until a report told it.',
  })
  amount: string | null;

  @ApiProperty({ type: 'string', enum: [CURRENCY], example: CURRENCY })
  currency: typeof CURRENCY;
}

@ApiSchema({ description: 'Who the message went to.' })
export class Recipient implements DomainRecipient {
  @ApiProperty(RECIPIENT_KIND)
  kind: DomainRecipient['kind'];

  @ApiProperty({ type: String, example: '09******84', description: 'Masked for a key without the scope `pii`.' })
  value: string;
}

@ApiSchema({ description: 'The carrier.' })
export class Telco implements DomainTelco {
  @ApiProperty({ type: String, example: '2', description: 'The number the gateway has for it.' })
  id: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Mobifone',
    description: 'null for a number nobody explained.',
  })
  name: string | null;
}

@ApiSchema({ description: 'What went wrong: the code and the text of the gateway, and how they are read here.' })
export class Failure implements DomainFailure {
  @ApiProperty({ type: String, nullable: true, example: '-114', description: 'The code, of Zalo where negative.' })
  code: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'User is inactive' })
  message: string | null;

  @ApiProperty(REASON)
  reason: DomainFailure['reason'];

  @ApiProperty(FAILURE_CLASS)
  failureClass: DomainFailure['failureClass'];
}

const INSTANT = { type: 'string', format: 'date-time', example: '2026-11-25T19:49:31.643000Z' } as const;

@ApiSchema({ description: 'One outbound message, or batch, of the gateway. What is not known is null.' })
export class Message implements MessageView {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'f66545d2-c7e2-4603-984e-d2238c363c8292',
    description: 'The id the gateway gave; null for a registration without one, until a callback brings it.',
  })
  smsId: string | null;

  @ApiProperty({ type: String, example: 'default', description: 'The eSMS account it belongs to.' })
  account: string;

  @ApiProperty({ type: String, nullable: true, description: 'The RequestId it was sent with.' })
  requestId: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'order-1',
    description: 'Your own name for it, as registered.',
  })
  ref: string | null;

  @ApiProperty(orNull(CHANNEL))
  channel: MessageView['channel'];

  @ApiProperty({ type: String, nullable: true, example: '25', description: 'The TypeId of the gateway.' })
  typeId: string | null;

  @ApiProperty(STATE)
  state: MessageView['state'];

  @ApiProperty(orNull(OUTCOME))
  outcome: MessageView['outcome'];

  @ApiProperty({ type: Boolean, description: 'Whether the state is `reported`; a correction may still follow.' })
  final: boolean;

  @ApiProperty({ type: () => Counters })
  counters: Counters;

  @ApiProperty({ type: () => Price })
  price: Price;

  @ApiProperty({ type: () => Recipient, nullable: true })
  recipient: Recipient | null;

  @ApiProperty({ type: () => Telco, nullable: true })
  telco: Telco | null;

  @ApiProperty({ type: String, nullable: true, example: '1397492183140006179', description: 'Zalo Official Account.' })
  oaId: string | null;

  @ApiProperty({ type: String, nullable: true, example: '2056446', description: 'Zalo template.' })
  templateId: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'f405841b5f2352790b36', description: 'The id at Zalo.' })
  partnerId: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Most likely the SMSID of the other leg of a Zalo → SMS send; the gateway does not explain it.',
  })
  switchSmsId: string | null;

  @ApiProperty({ type: () => Failure, nullable: true })
  error: Failure | null;

  @ApiProperty({ type: Boolean, description: 'Whether you registered it.' })
  registered: boolean;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { order: 1 },
    description: 'What you gave when you registered it.',
  })
  metadata: Record<string, unknown> | null;

  @ApiProperty({ type: Boolean, description: 'Final reports disagree about it: somebody should ask the gateway.' })
  contradicted: boolean;

  @ApiProperty({ type: 'array', items: ANOMALY, description: 'Oddities of its reports.' })
  anomalies: MessageView['anomalies'];

  @ApiProperty({ ...INSTANT, description: 'When it was first heard of: its registration or its first report.' })
  createdAt: string;

  @ApiProperty({ ...INSTANT, nullable: true, description: 'The earliest report that it was sent.' })
  sentAt: string | null;

  @ApiProperty({ ...INSTANT, nullable: true, description: 'The earliest report of the outcome that stands.' })
  reportedAt: string | null;

  @ApiProperty({ ...INSTANT, description: 'When something was last heard of it.' })
  updatedAt: string;
}
