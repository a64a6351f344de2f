import { BadRequestException } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

/** Names that class-transformer drops without a word, so that nobody would refuse them. */
const UNSPEAKABLE: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

/**
 * What a caller sent, as a checked instance of a DTO; a host's own pipes have no part in it.
 * Throws 400 with every problem by name.
 */
export function validated<Dto extends object>(type: new () => Dto, given: unknown): Dto {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new BadRequestException('a JSON object is expected');
  }
  const unspeakable = Object.keys(given).filter((name) => UNSPEAKABLE.has(name));
  if (unspeakable.length > 0) throw new BadRequestException(unspeakable.map((name) => `${name}: must not be given`));
  const dto = instanceOf(type, given);
  const errors = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw new BadRequestException(errors.flatMap(problemsOf));
  return dto;
}

/** Free JSON inside is left as it came: class-transformer drops keys from it, and runs out of stack in a deep one. */
function instanceOf<Dto extends object>(type: new () => Dto, given: object): Dto {
  const isNested = ([, value]: [string, unknown]): boolean => typeof value === 'object' && value !== null;
  const entries = Object.entries(given);
  const plain = Object.fromEntries(entries.filter((entry) => !isNested(entry)));
  const nested = Object.fromEntries(entries.filter(isNested));
  return Object.assign(plainToInstance(type, plain, { exposeUnsetFields: false }), nested);
}

function problemsOf({ property, constraints, children }: ValidationError): string[] {
  const own = Object.values(constraints ?? {}).map((text) =>
    text.startsWith(property) ? text : `${property}: ${text}`,
  );
  return [...own, ...(children ?? []).flatMap(problemsOf)];
}
