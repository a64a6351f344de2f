/** One parameter of a query string, percent-decoded once; bytes that are not UTF-8 became U+FFFD. */
export interface QueryParameter {
  name: string;
  value: string;
}

const PERCENT = /%[0-9A-Fa-f]{2}/;
const RUN_OF_BYTES = /(?:%[0-9A-Fa-f]{2})+/g;

/**
 * Parses a raw query string, one character a byte: the same on every HTTP adapter, every parameter of however many (Express drops those after
 * 1,000), repeated ones all, `+` a space, a `%` without two hex digits a plain character.
 */
export function parseQuery(query: string): QueryParameter[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const end = pair.indexOf('=');
      const name = decode(end === -1 ? pair : pair.slice(0, end));
      return { name, value: decode(end === -1 ? '' : pair.slice(end + 1)) };
    });
}

/** Bytes beyond ASCII are UTF-8 that nobody escaped. */
const UNESCAPED = /[\x80-\xff]/;

function decode(given: string): string {
  const text = UNESCAPED.test(given) ? Buffer.from(given, 'latin1').toString('utf8') : given;
  const spaced = text.replaceAll('+', ' ');
  if (!PERCENT.test(spaced)) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replaceAll(RUN_OF_BYTES, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
  }
}
