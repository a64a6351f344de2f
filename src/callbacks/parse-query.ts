/** One parameter of a query string, percent-decoded once; bytes that are not UTF-8 became U+FFFD. */
export interface QueryParameter {
  name: string;
  value: string;
}

const RUN_OF_BYTES = /(?:%[0-9A-Fa-f]{2})+/g;

const FRAGMENT = /^#[\w-]*$/;

/** Bytes beyond ASCII are UTF-8 that nobody escaped. */
const UNESCAPED = /[\x80-\xff]/;

/**
 * Parses a raw query string, one character a byte: the same on every HTTP adapter, every parameter of however many (Express drops those after
 * 1,000), repeated ones all, `+` a space, a `%` without two hex digits a plain character.
 */
export function parseQuery(query: string): QueryParameter[] {
  const whole = UNESCAPED.test(query) ? Buffer.from(query, 'latin1').toString('utf8') : query;
  const text = whole.includes('#') ? withoutFragment(whole) : whole;
  const parameters: QueryParameter[] = [];
  for (const pair of text.replaceAll('+', ' ').split('&')) if (pair !== '') parameters.push(parameterOf(pair));
  return parameters;
}

/** A fragment of the CallbackUrl stays at the end of the whole. The text of an error may end like one. */
function withoutFragment(text: string): string {
  const at = text.lastIndexOf('#');
  const pair = text.slice(text.lastIndexOf('&', at) + 1);
  return FRAGMENT.test(text.slice(at)) && !/^error_info/i.test(pair) ? text.slice(0, at) : text;
}

function parameterOf(pair: string): QueryParameter {
  const end = pair.indexOf('=');
  if (end === -1) return { name: decode(pair), value: '' };
  return { name: decode(pair.slice(0, end)), value: decode(pair.slice(end + 1)) };
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(RUN_OF_BYTES, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
  }
}
