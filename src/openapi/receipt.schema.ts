import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ReceiptView } from '../messages/message-queries.js';
import { List } from './list.schema.js';
import { Message } from './message.schema.js';
import { ANOMALY, DECISION } from './vocabulary.js';

@ApiSchema({ description: 'One callback of a message, and what it did.' })
export class Receipt implements ReceiptView {
  @ApiProperty({ type: String, example: '2169ba3580aeada979a989cd53415695', description: 'Its own id, for ever.' })
  id: string;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When its earliest copy came.' })
  receivedAt: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'When it was stored: after it waited in the spool.',
  })
  recordedAt: string;

  @ApiProperty({ type: 'integer', minimum: 0, example: 0, description: 'How many copies came after the first.' })
  repeats: number;

  @ApiProperty(DECISION)
  decision: ReceiptView['decision'];

  @ApiProperty({ type: String, nullable: true, example: '5', description: 'SendStatus as it came.' })
  sendStatus: string | null;

  @ApiProperty({ type: String, nullable: true, example: '25', description: 'TypeId as it came.' })
  typeId: string | null;

  @ApiProperty({ type: String, nullable: true, example: '470.0000', description: 'TotalPrice; null if unreadable.' })
  price: string | null;

  @ApiProperty({ type: 'array', items: ANOMALY, description: 'Its own oddities.' })
  anomalies: ReceiptView['anomalies'];
}

@ApiSchema({ description: 'A message with the timeline of its receipts, in the order of their coming.' })
export class MessageWithReceipts extends Message {
  @ApiProperty({ type: () => [Receipt] })
  receipts: Receipt[];
}

@ApiSchema({ description: 'A page of messages, newest first.' })
export class MessageList extends List {
  @ApiProperty({ type: () => [Message] })
  items: Message[];
}
