import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { Scope } from '../access/caller.js';
import { Problem } from './problem.schema.js';

/** An error answer. */
export function Refusal(status: number, description: string): MethodDecorator {
  const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } };
  return (target, name, descriptor) => {
    ApiExtraModels(Problem)(target, name, descriptor);
    ApiResponse({ status, description, content })(target, name, descriptor);
  };
}

/** What every route for people with a key may answer besides. */
export function keyNeeded(scope: Scope): MethodDecorator[] {
  return [
    Refusal(400, 'Something that was sent is wrong or unknown; `errors` names every one.'),
    Refusal(401, 'No API key, or one that is not known.'),
    Refusal(403, `The API key lacks the scope \`${scope}\`.`),
    Refusal(
      429,
      'Too much of one key: requests at once, or, without the scope `pii`, look-ups by person in a minute. `detail` says ' +
        'the limit, `retry-after` after how many seconds to ask again.',
    ),
    Refusal(503, 'The database is away.'),
  ];
}

/** What a route whose cursor outlives a page may answer besides. */
export const CURSOR_GONE = Refusal(
  410,
  'The cursor names a place that is not there any more, since the database was restored to an earlier time: begin anew.',
);
