import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { EsmsError, type EsmsErrorCode } from '../domain/errors.js';

/** Names that class-transformer drops without a word, so that nobody would refuse them. */
const UNSPEAKABLE: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

/**
 * The time of class-validator grows with the square of the fields it does not know: 40,000 of them, in 400 KB, held up
 * everything else for ten seconds. No object of ours has half as many as this.
 */
const MOST_FIELDS = 50;

/** A name may be as long as a body, and its problem says it. */
const LONGEST_PROBLEM = 500;

/**
 * What a caller gave, over HTTP or in process, as a checked instance of a DTO; a host's own pipes have no part in it.
 * Throws an {@link EsmsError} of the code given, with one problem of each field that has one.
 */
export function validated<Dto extends object>(
  type: new () => Dto,
  given: unknown,
  code: EsmsErrorCode = 'arguments_invalid',
): Dto {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new EsmsError(code, 'a JSON object is expected');
  }
  const names = Object.keys(given);
  if (names.length > MOST_FIELDS) throw new EsmsError(code, `at most ${MOST_FIELDS} fields, not ${names.length}`);
  const unspeakable = names.filter((name) => UNSPEAKABLE.has(name));
  if (unspeakable.length > 0) throw refusal(code, unspeakable.map(mustNotBeGiven));
  const dto = instanceOf(type, given);
  const errors = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw refusal(code, errors.map(problemOf));
  return dto;
}

function refusal(code: EsmsErrorCode, problems: readonly string[]): EsmsError {
  const told = problems.map((text) => (text.length > LONGEST_PROBLEM ? `${text.slice(0, LONGEST_PROBLEM)}…` : text));
  return new EsmsError(code, told.join('; '), { problems: told });
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

/**
 * One for each field. Decorators run from the last to the first, so what stands first in a DTO (its type) was noted last,
 * and says most: of a number where text is expected, nobody needs to hear that it is too long as well.
 */
function problemOf({ property, value, constraints = {} }: ValidationError): string {
  if ('whitelistValidation' in constraints) return mustNotBeGiven(property);
  if (value === undefined) return `${property}: is needed`;
  const text = Object.values(constraints).at(-1) ?? 'is not valid';
  return text.startsWith(property) ? text : `${property}: ${text}`;
}
