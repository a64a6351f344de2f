import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsISO8601, Matches } from 'class-validator';
import { MOMENT } from '../domain/clock.js';

/** An offset whose plus sign a query string has made a space of. */
const SPACED_OFFSET = /^(\S+T\S+) (\d\d:?\d\d)$/;

/** A day (of Vietnam), or a time with its offset; in a query string also with a `+` that nobody has escaped. */
export function IsMoment(): PropertyDecorator {
  const message =
    '$property: a day (2026-11-25) or a time with its offset (2026-11-25T08:00:00+07:00, 2026-11-25T01:00:00Z)';
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.replace(SPACED_OFFSET, '$1+$2') : value,
    ),
    IsISO8601({ strict: true }, { message }),
    Matches(MOMENT, { message }),
  );
}
