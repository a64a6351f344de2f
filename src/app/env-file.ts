import { lstatSync, readFileSync } from 'node:fs';
import { EsmsError } from '../index.js';

/** Editors and web pages leave these where nobody sees them; they belong to no name and to no value of ours. */
const INVISIBLE = '\\u00AD\\u180E\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u2064\\uFEFF';
const OUTER = new RegExp(`^[\\s${INVISIBLE}]+|[\\s${INVISIBLE}]+$`, 'gu');
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const UNPRINTABLE = new RegExp(`[\\p{Cc}${INVISIBLE}]`, 'u');
/** What word processors and telephones make of quotes. */
const TYPOGRAPHIC = /^[‘’‚‛“”„‟«»]|[‘’‚‛“”„‟«»]$/u;
/** Base64 in a certificate may end in `=`, and no variable of ours is empty for a purpose. */
const ASSIGNMENT = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=(?!=|\s*$)/mu;
/** How a Windows editor names a file that was to be called `.env`. */
const MISNAMED = '.txt';

/** A line's problem; thrown with the line it is on. */
class LineProblem extends Error {}

/**
 * The variables of an `.env` file, by name; none where there is no such file. Reads what editors and shells write: UTF-8
 * with a byte order mark or without, UTF-16 with one, any kind of line end, `export`, quotes, comments.
 * @throws EsmsError `options_invalid` with file and line of each one that would be lost or read otherwise than meant;
 * values are not repeated
 */
export function readEnvFile(file: string): ReadonlyMap<string, string> {
  const bytes = bytesOf(file);
  if (bytes === null) return new Map();
  const lines = decoded(bytes).split(/\r\n|[\n\r\u0085\u2028\u2029]/u);
  const found = new Map<string, { value: string; line: number }>();
  const problems: string[] = [];
  for (let index = 0; index < lines.length; ) {
    const start = index;
    try {
      const entry = entryAt(lines, index);
      index = entry.next;
      if (entry.name !== null) keep(found, { ...entry, name: entry.name, line: start + 1 });
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      problems.push(`${file}, line ${start + 1}: ${error.message}`);
      index = start + 1;
    }
  }
  if (problems.length > 0) throw new EsmsError('options_invalid', problems.join('\n'), { problems });
  return new Map([...found].map(([name, { value }]) => [name, value]));
}

/** null where there is no file. A link that leads nowhere is a file that cannot be read. */
function bytesOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    if (code !== 'ENOENT' || isThere(file)) throw unreadable(file, `cannot be read (${code})`);
    if (isThere(`${file}${MISNAMED}`)) throw unreadable(`${file}${MISNAMED}`, `is not read; rename it to ${file}`);
    return null;
  }
}

const unreadable = (file: string, what: string): EsmsError => new EsmsError('options_invalid', `${file}: ${what}`);

/** As its byte order mark says, else as UTF-8; what is not valid becomes U+FFFD, which no line of ours may have. */
function decoded(bytes: Buffer): string {
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[bytes.toString('hex', 0, 2)] ?? 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

interface Entry {
  /** null: a comment, or nothing. */
  name: string | null;
  value: string;
  /** The line after it. */
  next: number;
}

function entryAt(lines: readonly string[], index: number): Entry {
  const line = (lines[index] ?? '').replaceAll(OUTER, '');
  if (line === '' || line.startsWith('#')) return { name: null, value: '', next: index + 1 };
  const end = line.indexOf('=');
  if (line.includes('\0')) throw new LineProblem('a NUL in it; save the file as UTF-8');
  if (end === -1) throw new LineProblem('NAME=value is expected');
  const name = line
    .slice(0, end)
    .replaceAll(OUTER, '')
    .replace(/^export\s+/u, '')
    .replaceAll(OUTER, '');
  if (!NAME.test(name)) throw new LineProblem('what is before the = is not the name of a variable');
  const text = line.slice(end + 1);
  const { value, next } = /^\s*["'`]/.test(text)
    ? quoted(name, text.trimStart(), lines, index)
    : { value: bare(name, text), next: index + 1 };
  if (value.includes('\uFFFD')) throw new LineProblem(`${name} has bytes that are not UTF-8`);
  if (UNPRINTABLE.test(value.replaceAll(/[\n\t]/g, ''))) {
    throw new LineProblem(`${name} has a character in it that cannot be seen; type the value anew`);
  }
  return { name, value, next };
}

function bare(name: string, text: string): string {
  const value = text.replace(/\s+#.*$/u, '').replaceAll(OUTER, '');
  if (TYPOGRAPHIC.test(value)) throw new LineProblem(`${name} has typographic quotes; " and ' are quotes`);
  if (/["'`]$/.test(value)) throw new LineProblem(`${name} has a quote that does not begin`);
  if (value.includes('#')) {
    throw new LineProblem(`${name} has a # in it: put the value in quotes, or a space before the comment`);
  }
  return value;
}

/** To the next quote of its kind, be it on a later line; only `\n`, and only in double quotes, stands for something else. */
function quoted(name: string, text: string, lines: readonly string[], index: number): Omit<Entry, 'name'> {
  const quote = text.charAt(0);
  let rest = text.slice(1);
  let next = index + 1;
  while (!rest.includes(quote)) {
    const more = lines[next];
    if (more === undefined) throw new LineProblem(`${name} has a quote that does not end`);
    rest += `\n${more}`;
    next += 1;
  }
  const end = rest.indexOf(quote);
  if (!/^(#.*)?$/su.test(rest.slice(end + 1).replaceAll(OUTER, ''))) {
    throw new LineProblem(`${name} goes on after the end of its quotes`);
  }
  const value = rest.slice(0, end);
  if (ASSIGNMENT.test(value.slice(value.indexOf('\n') + 1)) && value.includes('\n')) {
    throw new LineProblem(`${name} has a quote that does not end before the next variable`);
  }
  return { value: quote === '"' ? value.replaceAll('\\n', '\n') : value, next };
}

/** An empty one is not given. One that is given twice means one of two things. */
function keep(
  found: Map<string, { value: string; line: number }>,
  { name, value, line }: { name: string; value: string; line: number },
): void {
  const before = found.get(name);
  if (before !== undefined && before.value !== '' && before.value !== value) {
    throw new LineProblem(`${name} is given on line ${before.line} already, with another value`);
  }
  found.set(name, { value, line });
}
