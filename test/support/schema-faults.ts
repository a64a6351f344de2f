import { isDeepStrictEqual } from 'node:util';

/** As much of an OpenAPI schema as our document uses. */
export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  nullable?: boolean;
  type?: string;
  enum?: unknown[];
  pattern?: string;
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

const PRIMITIVES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
};

/** Where a value is not what its schema says; a property that the schema does not have is a fault too. */
export function schemaFaults(
  schemas: Readonly<Record<string, Schema>>,
  schema: Schema,
  value: unknown,
  place = 'answer',
): string[] {
  const inside = (part: Schema, of: unknown, at: string): string[] => schemaFaults(schemas, part, of, at);
  if (value === null) return schema.nullable === true ? [] : [`${place}: null`];
  if (schema.$ref !== undefined) return inside(schemas[nameOf(schema.$ref)] ?? {}, value, place);
  if (schema.allOf !== undefined) return schema.allOf.flatMap((part) => inside(part, value, place));
  if (schema.oneOf !== undefined) {
    const fitting = schema.oneOf.filter((part) => inside(part, value, place).length === 0);
    return fitting.length === 1 ? [] : [`${place}: fits ${fitting.length} of ${schema.oneOf.length}`];
  }
  if (schema.anyOf !== undefined) {
    const fits = schema.anyOf.some((part) => inside(part, value, place).length === 0);
    return fits ? [] : [`${place}: fits none of ${schema.anyOf.length}`];
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value) || schema.items === undefined) return [`${place}: no array`];
    return value.flatMap((item, index) => inside(schema.items as Schema, item, `${place}[${index}]`));
  }
  if (schema.type === 'object') return objectFaults(schemas, schema, value, place);
  if (!PRIMITIVES[schema.type ?? '']?.(value)) return [`${place}: ${JSON.stringify(value)} is no ${schema.type}`];
  const isListed = schema.enum?.includes(value) ?? true;
  return isListed && hasForm(schema, value) ? [] : [`${place}: ${JSON.stringify(value)}`];
}

function hasForm({ pattern = '', format }: Schema, value: unknown): boolean {
  if (typeof value !== 'string') return true;
  return new RegExp(pattern).test(value) && (format === undefined || FORMATS[format]?.test(value) === true);
}

function objectFaults(
  schemas: Readonly<Record<string, Schema>>,
  { properties = {}, required = [], additionalProperties }: Schema,
  value: unknown,
  place: string,
): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${place}: no object`];
  const missing = required.filter((name) => !(name in value)).map((name) => `${place}.${name}: missing`);
  const others = Object.entries(value).flatMap(([name, part]) => {
    const schema = properties[name] ?? additionalProperties;
    if (schema === true) return [];
    return schema ? schemaFaults(schemas, schema, part, `${place}.${name}`) : [`${place}.${name}: not in the schema`];
  });
  return [...missing, ...others];
}

/** Whether every property of an object's schema is always there. */
export function isComplete({ properties = {}, required = [] }: Schema): boolean {
  return isDeepStrictEqual(Object.keys(properties).toSorted(), required.toSorted());
}

const nameOf = (reference: string): string => reference.replace('#/components/schemas/', '');
