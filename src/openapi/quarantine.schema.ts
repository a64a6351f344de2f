import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { QuarantineItem as Item } from '../callbacks/quarantined-callback.js';
import type { ReplayDto } from '../callbacks/replay.dto.js';
import { List } from './list.schema.js';
import { QUARANTINE_REASON } from './vocabulary.js';

@ApiSchema({ description: 'A callback that had a good token and names no message it could be kept under.' })
export class QuarantineItem implements Item {
  @ApiProperty({ type: 'string', format: 'uuid', example: '6a91cfb4-fae7-8ab8-925b-259cc18575ec' })
  id: string;

  @ApiProperty({ type: String, example: 'default' })
  account: string;

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When it came.' })
  receivedAt: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'When it was stored: after it waited in the spool.',
  })
  recordedAt: string;

  @ApiProperty(QUARANTINE_REASON)
  reason: Item['reason'];

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'SendStatus=5&phonenumber=0901888484',
    description: 'The query string as it came; null for a key without the scope `pii`.',
  })
  raw: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The SMSID it was kept under later.' })
  replayedAs: string | null;
}

@ApiSchema({ description: 'A page of the quarantine, the last stored first.' })
export class QuarantineList extends List {
  @ApiProperty({ type: () => [QuarantineItem] })
  items: QuarantineItem[];
}

@ApiSchema({ description: 'Under which message to keep it.' })
export class Replay implements Record<keyof ReplayDto, unknown> {
  @ApiProperty({
    type: String,
    required: false,
    maxLength: 128,
    description: 'The SMSID; not needed where the callback can be read by now.',
  })
  smsId: string;
}
