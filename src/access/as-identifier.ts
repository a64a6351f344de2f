import { Transform } from 'class-transformer';
import { identifierOf } from '../domain/identifier.js';

/** Takes a field in the one form of an identifier, before anything else looks at it. */
export function AsIdentifier(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? identifierOf(value) : value));
}
