import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { CloudEventContext } from '../events/cloud-event.js';

@ApiSchema({ description: 'What an event says beside its data: the context attributes of CloudEvents 1.0.' })
export class EventEnvelope implements CloudEventContext {
  @ApiProperty({ type: 'string', enum: ['1.0'] })
  specversion: '1.0';

  @ApiProperty({
    type: 'string',
    format: 'uuid',
    example: '877bc4ed-64b5-8d9b-bb5b-ec7733a320e1',
    description: 'The same whenever and wherever the event is seen: tell copies by it.',
  })
  id: string;

  @ApiProperty({ type: String, example: '/nestjs-esms/accounts/default', description: 'Where it comes from.' })
  source: string;

  @ApiProperty({ type: String, example: 'vn.nestjs-esms.message.delivered.v1', description: 'What happened.' })
  type: string;

  @ApiProperty({ type: String, description: 'The SMSID, `registration:…` or the id of an item in quarantine.' })
  subject: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-11-25T19:49:31.643000Z',
    description: 'When what it tells became known; not when it was sent to you.',
  })
  time: string;

  @ApiProperty({ type: 'string', enum: ['application/json'] })
  datacontenttype: 'application/json';

  @ApiProperty({ type: String, example: 'default', description: 'The eSMS account it belongs to.' })
  account: string;

  @ApiProperty({
    type: String,
    required: false,
    pattern: /^\d{10,}$/,
    example: '0000000001',
    description:
      'Counts the events of one message from 1, with zeros so that texts compare; absent where there is none.',
  })
  sequence?: string;
}
