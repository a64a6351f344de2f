import { readFileSync } from 'node:fs';
import { Test } from '@nestjs/testing';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ChannelServices } from '../../src/channels/channel-services.js';
import { ChannelsModule } from '../../src/channels/channels.module.js';
import { EVENT_TYPES, type EventType } from '../../src/domain/domain-event.js';
import { cloudEventOf } from '../../src/events/cloud-event.js';
import { type EventRow, eventOfRow } from '../../src/events/event-row.js';
import { eventSchemas, type JsonSchema } from '../support/event-schemas.js';
import { exampleEvents } from '../support/example-events.js';

const testing = await Test.createTestingModule({ imports: [ChannelsModule] }).compile();
const examples = exampleEvents(testing.get(ChannelServices));
const schemas = await eventSchemas();
const formats = { uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ };

function validator(schema: JsonSchema | undefined): ValidateFunction {
  return new Ajv2020({ allErrors: true, formats, allowUnionTypes: true }).compile(schema as object);
}

function faults(validate: ValidateFunction, value: unknown): string[] {
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The same schema, for which a property that it does not name is a fault. */
function closed(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_, part: JsonSchema | null) =>
    part?.['type'] === 'object' && part.properties ? { additionalProperties: false, ...part } : part,
  ) as JsonSchema;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What was stored and sent when version 1 was new: never to be made again. */
const V1 = JSON.parse(readFileSync(new URL('../samples/events-v1.json', import.meta.url), 'utf8')) as {
  type: EventType;
  row: EventRow;
  sent: object;
}[];

describe.each(EVENT_TYPES)('%s', (type) => {
  const event = examples.get(type);
  const sent = event && cloudEventOf(event, { includeRecipient: false });

  it('is what docs/events says; `npm run catalogue` writes it anew', async () => {
    await expect(json(schemas.get(type))).toMatchFileSnapshot(`../../docs/events/${type}.v1.schema.json`);
    await expect(json(sent)).toMatchFileSnapshot(`../../docs/events/${type}.v1.example.json`);
  });

  it('keeps to its schema, to the last property', () => {
    const strict = validator(closed(schemas.get(type) as JsonSchema));
    expect(faults(strict, sent)).toEqual([]);
    expect(faults(strict, event && cloudEventOf(event, { includeRecipient: true }))).toEqual([]);
    expect(faults(strict, { ...sent, surprise: 1 })).not.toEqual([]);
    expect(faults(strict, { ...sent, id: undefined })).not.toEqual([]);
  });

  it('can still be read where it was stored or sent as version 1', () => {
    const old = V1.find((each) => each.type === type);
    const validate = validator(schemas.get(type));
    expect(faults(validate, old?.sent)).toEqual([]);
    const read = cloudEventOf(eventOfRow(old?.row as EventRow), { includeRecipient: false });
    expect(read).toMatchObject(old?.sent as object);
    expect(faults(validate, read)).toEqual([]);
  });
});
