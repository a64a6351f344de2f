import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import type { Contact as CrmContact } from '../crm/contact-queries.js';
import type { Reachability as CrmReachability } from '../crm/reachability.js';
import { CHANNEL, orNull, OUTCOME, REASON, RECIPIENT_KIND } from './vocabulary.js';

type Entry = CrmContact['history'][number];

@ApiSchema({ description: 'Whether a person can be reached on one channel.' })
export class Reachability implements CrmReachability {
  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'null where nothing that happened says anything about the person.',
  })
  reachable: boolean | null;

  @ApiProperty({ ...orNull(REASON), description: 'Why not.' })
  reason: CrmReachability['reason'];

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'Since when it has been so.' })
  since: string | null;
}

@ApiSchema({
  description: 'What became of one message for this person, or a registration that no callback has joined yet.',
})
export class ContactEntry implements Entry {
  @ApiProperty({
    type: String,
    nullable: true,
    example: '849fe08c19294b02857cf91687021a50250',
    description: 'null for a registration that no callback has joined yet.',
  })
  smsId: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Of such a registration alone.' })
  ref?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Of such a registration alone.' })
  requestId?: string | null;

  @ApiProperty(orNull(CHANNEL))
  channel: Entry['channel'];

  @ApiProperty({ ...orNull(OUTCOME), description: 'null while such a registration waits.' })
  outcome: Entry['outcome'];

  @ApiProperty(orNull(REASON))
  reason: Entry['reason'];

  @ApiProperty({ type: 'string', format: 'date-time', description: 'When it was reported, closed or registered.' })
  at: string;
}

@ApiSchema({ description: 'A person that messages went to.' })
@ApiExtraModels(Reachability)
export class Contact implements CrmContact {
  @ApiProperty({
    type: String,
    example: '09******84',
    description: 'A phone in its local form, or a Zalo user id; masked for a key without the scope `pii`.',
  })
  id: string;

  @ApiProperty(RECIPIENT_KIND)
  kind: CrmContact['kind'];

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(Reachability) },
    description: 'By channel; only those on which this person was written to.',
    example: { viber: { reachable: true, reason: null, since: '2026-11-25T19:49:31.661000Z' } },
  })
  reachability: CrmContact['reachability'];

  @ApiProperty({ type: () => [ContactEntry], maxItems: 500, description: 'The latest 500, newest first.' })
  history: ContactEntry[];
}
