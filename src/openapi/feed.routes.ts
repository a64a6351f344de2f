import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { EventsController } from '../events/feed/events.controller.js';
import { FeedDto, LONGEST_WAIT_S, PATTERN_LIST } from '../events/feed/feed.dto.js';
import { CURSOR_GONE, keyNeeded } from './answers.js';
import { describeRoute } from './describe-route.js';
import { EventPage } from './event.schema.js';
import { ACCOUNT, LIMIT, Optional } from './parameters.js';

/** Describes the event feed. */
export function describeFeed(): void {
  ApiTags('events')(EventsController);
  describeRoute(EventsController, 'read', [
    ApiOperation({
      operationId: 'readEvents',
      summary: 'Reads the event log',
      description:
        'The events after a place in the log, each once, in an order that never changes; those of one message in the ' +
        'order of their `sequence`. Go on with `after` = `nextCursor` for ever: a page may be empty and still have got ' +
        'further. With `wait`, a request for what is not there yet is answered when it comes.',
    }),
    ACCOUNT,
    Optional('after', 'The `nextCursor` of the page before; `now` begins with what comes from now on.', {
      type: 'string',
      maxLength: 1_000,
    }),
    Optional('types', 'Which events: types, `message.*` or `*`, with commas between them.', {
      type: 'string',
      pattern: PATTERN_LIST.source,
      default: new FeedDto().types,
      example: 'message.delivered,message.cost_changed',
    }),
    Optional(
      'subject',
      'Those of this SMSID only, of this registration (`registration:…`), or of this quarantine item.',
      { type: 'string', maxLength: 128 },
    ),
    LIMIT,
    Optional('wait', 'How long to wait for the first event where there is none yet, in seconds.', {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_WAIT_S,
      default: new FeedDto().wait,
    }),
    ApiResponse({ status: 200, description: 'What there was.', type: EventPage }),
    ...keyNeeded('read'),
    CURSOR_GONE,
  ]);
}
