import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import type { CloudEvent } from '../events/cloud-event.js';
import type { EventPage as Page } from '../events/feed/events.controller.js';
import { EVENT_DATA } from './event-data.schema.js';
import { EventEnvelope } from './event-envelope.schema.js';

const DATA = [...new Set(Object.values(EVENT_DATA))];

@ApiExtraModels(...DATA)
@ApiSchema({
  description:
    'An event in the JSON format of CloudEvents 1.0. Recipients are left out; `GET /messages/:smsId` has them for ' +
    'whoever may see them.',
})
export class Event extends EventEnvelope implements CloudEvent {
  @ApiProperty({
    anyOf: DATA.map((type) => ({ $ref: getSchemaPath(type) })),
    description: 'What it tells, by its type: the message as it stands, and what has changed.',
  })
  data: CloudEvent['data'];
}

@ApiSchema({ description: 'Events, oldest first.' })
export class EventPage implements Page {
  @ApiProperty({ type: () => [Event] })
  items: Event[];

  @ApiProperty({
    type: String,
    example: 'WyI0MiJd',
    description: 'Ask with it as `after` for what follows; never null, since a log has no last page.',
  })
  nextCursor: string;
}
