import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { LedgerEntry as Entry, LedgerGroup as Group } from '../billing/ledger-queries.js';
import { CURRENCY } from '../domain/money.js';
import { List } from './list.schema.js';
import { Telco } from './message.schema.js';
import { CHANNEL, orNull } from './vocabulary.js';

/** Every kind, for the compiler to complain about. */
const ENTRY_KINDS = { price: true, reversal: true, rebooking: true } as const satisfies Record<Entry['kind'], true>;

const AMOUNT = { type: 'string', pattern: /^-?\d+\.\d{4}$/, example: '160.0000' } as const;

@ApiSchema({
  description: 'One change of the price of a message, or of what it is counted under. Entries are only ever added.',
})
export class LedgerEntry implements Entry {
  @ApiProperty({ type: String, example: '7d11c87a22934df390f73ec59d8defd6205' })
  smsId: string;

  @ApiProperty({
    type: 'string',
    enum: Object.keys(ENTRY_KINDS),
    description:
      'A change of the price; or, where the channel or carrier became another one after the price was known, its ' +
      'reversal there and its rebooking here.',
  })
  kind: Entry['kind'];

  @ApiProperty({ ...AMOUNT, description: 'The change; negative where money came back.' })
  delta: string;

  @ApiProperty({ ...AMOUNT, example: '220.0000', description: 'The sum of the entries of the message up to this one.' })
  total: string;

  @ApiProperty({ type: 'string', enum: [CURRENCY] })
  currency: string;

  @ApiProperty(orNull(CHANNEL))
  channel: Entry['channel'];

  @ApiProperty({ type: () => Telco, nullable: true, description: 'The carrier at that time.' })
  telco: Telco | null;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When the report that told it came.' })
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

  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'How many messages; one that was moved elsewhere is counted there.',
  })
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
