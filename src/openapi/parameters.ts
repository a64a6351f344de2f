import { ApiQuery, type ApiQueryOptions } from '@nestjs/swagger';
import { LimitDto } from '../access/list.dto.js';
import { NAME_PATTERN } from '../config/patterns.js';
import { MOMENT } from '../domain/clock.js';

type Schema = Extract<ApiQueryOptions, { schema: unknown }>['schema'];

/** A parameter that may be left out. */
export function Optional(name: string, description: string, schema: Schema): MethodDecorator {
  return ApiQuery({ name, required: false, description, schema });
}

/** The account that every route may be asked about. */
export const ACCOUNT = Optional(
  'account',
  'The account. A key sees its own only: another is answered as absent. Behind a guard of a host it chooses one.',
  { type: 'string', pattern: NAME_PATTERN.source },
);

/** How long a page is. */
export const LIMIT = Optional('limit', 'How many items, at most.', {
  type: 'integer',
  minimum: 1,
  maximum: 500,
  default: new LimitDto().limit,
});

/** What every list takes. */
export const PAGING = [
  ACCOUNT,
  Optional('cursor', 'The `nextCursor` of the page before.', { type: 'string', maxLength: 1_000 }),
  LIMIT,
];

/** A day of Vietnam, or a time with its offset. */
export const TIME: Schema = { type: 'string', pattern: MOMENT.source, example: '2026-11-25T00:00:00+07:00' };
