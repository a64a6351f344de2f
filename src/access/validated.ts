import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { EsmsError, type EsmsErrorCode } from '../domain/errors.js';

/** Names that class-transformer drops without a word, so that nobody would refuse them. */
const UNSPEAKABLE: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

/**
 * What a caller gave, over HTTP or in process, as a checked instance of a DTO; a host's own pipes have no part in it.
 * Throws an {@link EsmsError} of the code given, with every problem by name.
 */
export function validated<Dto extends object>(
  type: new () => Dto,
  given: unknown,
  code: EsmsErrorCode = 'arguments_invalid',
): Dto {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new EsmsError(code, 'a JSON object is expected');
  }
  const unspeakable = Object.keys(given).filter((name) => UNSPEAKABLE.has(name));
  if (unspeakable.length > 0) throw refusal(code, unspeakable.map(mustNotBeGiven));
  const dto = instanceOf(type, given);
  const errors = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw refusal(code, errors.flatMap(problemsOf));
  return dto;
}

function refusal(code: EsmsErrorCode, problems: readonly string[]): EsmsError {
  return new EsmsError(code, problems.join('; '), { problems });
}

const mustNotBeGiven = (name: string): string => `${name}: must not be given`;

/** Free JSON inside is left as it came: class-transformer drops keys from it, and runs out of stack in a deep one. */
function instanceOf<Dto extends object>(type: new () => Dto, given: object): Dto {
  const isNested = ([, value]: [string, unknown]): boolean => typeof value === 'object' && value !== null;
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const plain = Object.fromEntries(entries.filter((entry) => !isNested(entry)));
  const nested = Object.fromEntries(entries.filter(isNested));
  return Object.assign(plainToInstance(type, plain, { exposeUnsetFields: false }), nested);
}

function problemsOf({ property, constraints, children }: ValidationError): string[] {
  const own = Object.values(constraints ?? {}).map((text) =>
    text.startsWith(property) ? text : `${property}: ${text}`,
  );
  // Two constraints may say the same.
  return [...new Set(own), ...(children ?? []).flatMap(problemsOf)];
}
