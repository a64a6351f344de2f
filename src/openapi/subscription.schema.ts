import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MOMENT } from '../domain/clock.js';
import { EVENT_TYPES, type EventType } from '../domain/domain-event.js';
import type { Subscription as SubscriptionView } from '../events/subscription-queries.js';
import type { ParkedDelivery as Parked } from '../events/parked-deliveries.js';
import type { ReplayEventsDto } from '../events/replay-events.dto.js';
import { List } from './list.schema.js';

@ApiSchema({ description: 'A named consumer of events. What is counted is of your account.' })
export class Subscription implements SubscriptionView {
  @ApiProperty({ type: String, example: 'billing', description: 'Lasting: its deliveries are kept under it.' })
  name: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: "The account whose events it gets, as a webhook's does; null: it serves all accounts.",
  })
  account: string | null;

  @ApiProperty({
    type: [String],
    example: ['message.cost_changed'],
    description: 'The events it gets: types, `message.*` or `*`.',
  })
  patterns: string[];

  @ApiProperty({ type: Boolean, description: 'Whether any process has handlers for it.' })
  hosted: boolean;

  @ApiProperty({ type: Boolean, description: 'Whether its events wait until it is resumed.' })
  paused: boolean;

  @ApiProperty({
    type: 'integer',
    description:
      'How many events are still to be delivered, parked ones not counted. Beyond 10,000, events of other types and ' +
      'accounts count as well.',
  })
  lag: number;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'When the oldest of them was stored; null where there is none.',
  })
  waitingSince: string | null;

  @ApiProperty({ type: 'integer', description: 'How many deliveries were given up and wait for you.' })
  parked: number;
}

@ApiSchema({ description: 'All subscribers by name.' })
export class SubscriptionList {
  @ApiProperty({ type: () => [Subscription] })
  items: Subscription[];
}

@ApiSchema({ description: 'A delivery that had all its attempts; it holds up the later events of its message.' })
export class ParkedDelivery implements Parked {
  @ApiProperty({ type: 'string', format: 'uuid', example: '877bc4ed-64b5-8d9b-bb5b-ec7733a320e1' })
  eventId: string;

  @ApiProperty({ type: 'string', enum: [...EVENT_TYPES], description: 'What the event says.' })
  type: EventType;

  @ApiProperty({ type: String, example: 'default' })
  account: string;

  @ApiProperty({ type: String, description: 'The SMSID; of `receipt.quarantined` the id of the item.' })
  subject: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Which event of its message it is, from 1.' })
  sequence: number | null;

  @ApiProperty({ type: 'integer', description: 'How often it was tried.' })
  attempts: number;

  @ApiProperty({ type: 'string', format: 'date-time' })
  parkedAt: string;

  @ApiProperty({
    type: String,
    description:
      'What the last attempt failed with; without persons and secrets for a key without `pii` and `operate`.',
  })
  error: string;
}

@ApiSchema({ description: 'A page of parked deliveries, oldest event first.' })
export class ParkedList extends List {
  @ApiProperty({ type: () => [ParkedDelivery] })
  items: ParkedDelivery[];
}

@ApiSchema({ description: 'How many deliveries it was done to.' })
export class Count {
  @ApiProperty({ type: 'integer', example: 1 })
  count: number;
}

@ApiSchema({ description: 'Which events to deliver again.' })
export class ReplayEvents implements Record<keyof ReplayEventsDto, unknown> {
  @ApiProperty({
    type: 'string',
    pattern: MOMENT.source,
    example: '2026-11-25T00:00:00+07:00',
    description: 'Since when they were stored: a day of Vietnam, or a time with its offset.',
  })
  from: string;
}
