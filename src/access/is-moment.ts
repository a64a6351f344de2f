import { applyDecorators } from '@nestjs/common';
import { IsISO8601, Matches } from 'class-validator';
import { MOMENT } from '../domain/clock.js';

/** A day (of Vietnam), or a time with its offset. */
export function IsMoment(): PropertyDecorator {
  const message =
    '$property: a day (2026-11-25) or a time with its offset (2026-11-25T08:00:00+07:00, 2026-11-25T01:00:00Z)';
  return applyDecorators(IsISO8601({ strict: true }, { message }), Matches(MOMENT, { message }));
}
