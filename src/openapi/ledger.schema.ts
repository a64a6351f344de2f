import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { LedgerEntry as Entry, LedgerGroup as Group } from '../billing/ledger-queries.js';
import { CURRENCY } from '../domain/money.js';
import { List } from './list.schema.js';
import { Telco } from './message.schema.js';
import { CHANNEL, orNull } from './vocabulary.js';

const AMOUNT = { type: 'string', pattern: /^-?\d+\.\d{4}$/, example: '160.0000' } as const;

@ApiSchema({ description: 'One change of the price of a message. Entries are only ever added.' })
export class LedgerEntry implements Entry {
  @ApiProperty({ type: String, example: '7d11c87a22934df390f73ec59d8defd6205' })
  smsId: string;

  @ApiProperty({ ...AMOUNT, description: 'The change; negative where money came back.' })
  delta: string;

  @ApiProperty({ ...AMOUNT, example: '220.0000', description: 'The total of the message after it.' })
  total: string;

  @ApiProperty({ type: 'string', enum: [CURRENCY] })
  currency: string;

  @ApiProperty(orNull(CHANNEL))
  channel: Entry['channel'];

  @ApiProperty({ type: () => Telco, nullable: true, description: 'The carrier at that time.' })
  telco: Telco | null;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When the report with this price came.' })
  at: string;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When the entry was posted.' })
  recordedAt: string;

  @ApiProperty({ type: 'string', format: 'uuid', description: 'The event `message.cost_changed` it was made from.' })
  eventId: string;
}

@ApiSchema({ description: 'A page of the ledger, in the order in which it was posted.' })
export class Ledger extends List {
  @ApiProperty({ type: () => [LedgerEntry] })
  items: LedgerEntry[];

  @ApiProperty({ ...AMOUNT, example: '220.0000', description: 'The sum of the whole selection, not of this page.' })
  sum: string;
}

@ApiSchema({ description: 'What one channel, telco or day was charged.' })
export class LedgerGroup implements Group {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'viber',
    description: 'The channel, the id of the telco, or the day (`2026-11-25`, Asia/Ho_Chi_Minh); null for none.',
  })
  key: string | null;

  @ApiProperty({ type: 'integer', example: 1, description: 'How many messages have entries in it.' })
  messages: number;

  @ApiProperty({ ...AMOUNT, example: '470.0000' })
  amount: string;
}

@ApiSchema({ description: 'The charges of an account in groups, and their sum.' })
export class LedgerSummary {
  @ApiProperty({ type: () => [LedgerGroup] })
  groups: LedgerGroup[];

  @ApiProperty({ ...AMOUNT, example: '699841.0000' })
  sum: string;
}
