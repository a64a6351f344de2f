import { EsmsError } from '../domain/errors.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const LONGEST = 16_384;

/** Whoever walks a deeper one later would run out of stack, PostgreSQL among them. */
const DEEPEST = 32;

const MOST_PROBLEMS = 10;

/** PostgreSQL takes no NUL and no half of a character. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * Metadata as they are stored and given back: what JSON cannot hold exactly is refused by its path, never changed in
 * silence. Throws `registration_invalid` with the problems.
 */
export function storableMetadata(given: object): Record<string, unknown> {
  const problems: string[] = [];
  const metadata = copyOf(given, 'metadata', DEEPEST, problems) as Record<string, unknown>;
  if (problems.length > 0) throw refusal(problems);
  if (JSON.stringify(metadata).length > LONGEST) throw refusal([`metadata: at most ${LONGEST} characters as JSON`]);
  return metadata;
}

/** The same in plain JSON; what of it cannot be is told in `problems`. */
function copyOf(given: unknown, path: string, levels: number, problems: string[]): Json {
  const value = hasToJson(given) ? given.toJSON() : given;
  const problem = problemOf(value);
  if (problem !== null) {
    problems.push(`${path}: ${problem}`);
    if (problems.length === MOST_PROBLEMS) throw refusal(problems);
  }
  // Minus zero is zero, in PostgreSQL too.
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (problem !== null || typeof value !== 'object' || value === null) return value as Json;
  if (levels === 0) throw refusal([`metadata: at most ${DEEPEST} levels`]);
  if (Array.isArray(value)) {
    return Array.from(value, (each, index) => copyOf(each, `${path}[${index}]`, levels - 1, problems));
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(
    entries.map(([key, each]) => {
      const place = `${path}.${key}`;
      if (key === '__proto__') problems.push(`${place}: not a key that can be kept`);
      if (UNSTORABLE.test(key)) problems.push(`${path}: no key with NUL characters or broken surrogates`);
      return [key, copyOf(each, place, levels - 1, problems)];
    }),
  );
}

function problemOf(value: unknown): string | null {
  switch (typeof value) {
    case 'boolean':
      return null;
    case 'string':
      return UNSTORABLE.test(value) ? 'no NUL characters and no broken surrogates' : null;
    case 'number':
      // Beyond, a number may have been rounded on its way to us, and nobody can see it any more.
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
        ? null
        : 'a number that cannot be kept exactly; give it as text';
    case 'object':
      return value === null || Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]'
        ? null
        : 'no JSON';
    default:
      return 'no JSON';
  }
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
}

const refusal = (problems: readonly string[]): EsmsError =>
  new EsmsError('registration_invalid', problems.join('; '), { problems });
