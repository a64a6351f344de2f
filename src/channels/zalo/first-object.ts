/** Deeper nesting is not taken apart: whoever walks such an object later would run out of stack. */
const MAX_DEPTH = 32;

/** A string, so that digits inside it are passed over, or a number. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
/** From 16 digits on an integer may lie beyond 2^53. */
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * The first JSON object in a text, whatever stands before and behind it; null where there is none, where it is not
 * JSON, or where it is nested too deep. Long integers come as text, so that ids stay exact.
 */
export function firstObjectIn(text: string): object | null {
  const source = firstBalanced(text);
  if (source === null) return null;
  try {
    const value: unknown = JSON.parse(source.replaceAll(STRING_OR_NUMBER, quoteLongInteger));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function quoteLongInteger(token: string): string {
  return LONG_INTEGER.test(token) ? `"${token}"` : token;
}

/** The text from the first `{` to the bracket that closes it. All strings in it are closed, so no search runs away. */
function firstBalanced(text: string): string | null {
  const start = text.indexOf('{');
  let depth = 0;
  for (let at = start; at >= 0 && at < text.length && depth <= MAX_DEPTH; at++) {
    const character = text.charAt(at);
    if (character === '"') at = endOfString(text, at);
    else if ('{['.includes(character)) depth++;
    else if ('}]'.includes(character) && --depth === 0) return text.slice(start, at + 1);
  }
  return null;
}

/** Where the string that opens at `start` closes; the end of the text if it never does. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at;
}
