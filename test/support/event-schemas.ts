import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { EVENT_TYPES, type EventType } from '../../src/domain/domain-event.js';
import { cloudEventType } from '../../src/events/cloud-event.js';
import { EVENT_DATA } from '../../src/openapi/event-data.schema.js';
import { EventEnvelope } from '../../src/openapi/event-envelope.schema.js';

/** A JSON Schema of draft 2020-12, as far as it is looked into here. */
export interface JsonSchema {
  $id?: string;
  properties?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** The schema of each event as it leaves the process, from the classes that the HTTP API is described with too. */
export async function eventSchemas(): Promise<Map<EventType, JsonSchema>> {
  const schemas = await describedSchemas([EventEnvelope, ...Object.values(EVENT_DATA)]);
  return new Map(EVENT_TYPES.map((type) => [type, schemaOf(type, schemas)]));
}

@Module({})
class NoRoutes {}

async function describedSchemas(extraModels: (new () => object)[]): Promise<Record<string, JsonSchema>> {
  const app = await NestFactory.create(NoRoutes, { logger: false });
  const { components } = SwaggerModule.createDocument(app, new DocumentBuilder().build(), { extraModels });
  await app.close();
  return components?.schemas as unknown as Record<string, JsonSchema>;
}

function schemaOf(type: EventType, schemas: Record<string, JsonSchema>): JsonSchema {
  const { properties, required } = jsonSchemaOf(schemas[EventEnvelope.name]);
  const data = jsonSchemaOf({ $ref: `#/components/schemas/${EVENT_DATA[type].name}` });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:nestjs-esms:${type}:v1`,
    title: cloudEventType(type),
    type: 'object',
    properties: { ...properties, type: { const: cloudEventType(type) }, data },
    required: [...(required as string[]), 'data'],
    $defs: Object.fromEntries(namesIn(data, schemas).map((name) => [name, jsonSchemaOf(schemas[name])])),
  };
}

/** Every schema that one names, and those that they name, by name. */
function namesIn(schema: JsonSchema, schemas: Record<string, JsonSchema>, found = new Set<string>()): string[] {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/(?:\$defs|components\/schemas)\/(\w+)"/g)) {
    if (found.has(name)) continue;
    found.add(name);
    namesIn(schemas[name] as JsonSchema, schemas, found);
  }
  return [...found].toSorted();
}

/** What OpenAPI 3.0 says in words of its own, in those of JSON Schema. */
function jsonSchemaOf(given: unknown): JsonSchema {
  if (Array.isArray(given)) return given.map(jsonSchemaOf) as unknown as JsonSchema;
  if (typeof given !== 'object' || given === null) return given as JsonSchema;
  const { nullable = false, example, ...rest } = given as JsonSchema;
  const entries = Object.entries(rest).map(([name, part]) => [
    name,
    name === '$ref' ? String(part).replace('#/components/schemas/', '#/$defs/') : jsonSchemaOf(part),
  ]);
  const schema = Object.fromEntries(entries) as JsonSchema;
  const exampled = example === undefined ? schema : { ...schema, examples: [example] };
  if (nullable === false) return exampled;
  const { type, allOf, ...described } = exampled;
  if (allOf === undefined) return { ...exampled, type: [type, 'null'] };
  return { ...described, anyOf: [...(allOf as unknown as JsonSchema[]), { type: 'null' }] };
}
