/** A callback route as a request target names it. */
export interface CallbackAddress {
  /** The path before `callbacks/esms`, decoded, without slashes at its ends. */
  prefix: string;
  /** Maybe a stranger's. */
  token: string;
  /** As it came; null where there is none. */
  query: string | null;
}

/** How often a path may have been percent-encoded on its way. */
const MOST_ENCODINGS = 3;

const SCHEME_AND_HOST = /^[a-z][a-z\d+.-]*:\/\/[^/\\?&]*/i;
const NOT_ASCII = /[\x80-\xff]/;
const ESCAPES = /(?:%[\dA-Fa-f]{2})+/g;
const ESCAPED_MARK = /^[^\w%]*(?:%(?:25)*(?:20|2f|5c|2e))*%(?:25)*(?:3f|26)/i;

/**
 * The token may have anything behind it that is no part of a path: slashes, blanks, dots, quotes, what cannot be seen,
 * and parameters of the path (`;jsessionid=…`) or a fragment. A letter, a digit or a NUL there makes it another path.
 */
const ROUTE = /^(.*)\/callbacks\/esms\/[^\w/-]*([\w-]+)((?:[^\p{L}\p{N}\p{Cc}]|[\t\r\n])*(?:[;#?&].*)?)$/isu;

/**
 * Finds our route in a request target, however its parts were joined and normalised on the way: slashes doubled, encoded,
 * turned, or added at the end, dots, capitals, `&` for the first `?`, an absolute URL. The gateway appends its query to
 * whatever somebody pasted as CallbackUrl, and never repeats what was answered 404. The token must be one piece. null
 * where it is no target of ours.
 */
export function locateCallback(target: string): CallbackAddress | null {
  const mark = target.search(/[?&]/);
  const encoded = (mark === -1 ? target : target.slice(0, mark)).replace(SCHEME_AND_HOST, '');
  const [, prefix, token, behind] = ROUTE.exec(resolved(decoded(encoded))) ?? [];
  if (prefix === undefined || token === undefined || behind === undefined) return null;
  const query = mark === -1 ? null : target.slice(mark + 1);
  const begun = /[?&]/.test(behind) || /[;#]\W*smsid\W*=/i.test(behind) ? beginOfQuery(encoded, token, behind) : null;
  return { prefix: trimmed(prefix), token, query: begun === null ? query : [begun, query ?? ''].join('&') };
}

/** A path without slashes at its ends. */
export function trimmed(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, '');
}

/** What of the query became part of the path: as it came where that can be seen, since it is decoded once more. */
function beginOfQuery(encoded: string, token: string, behind: string): string {
  const at = encoded.lastIndexOf(token);
  const asItCame = encoded.slice(at + token.length).replace(ESCAPED_MARK, '');
  return at === -1 ? encodeURI(behind) : asItCame.replace(/^\W*(?=\w)/, '');
}

function decoded(path: string): string {
  let text = NOT_ASCII.test(path) ? Buffer.from(path, 'latin1').toString('utf8') : path;
  for (let round = 0; round < MOST_ENCODINGS && text.includes('%'); round += 1)
    text = text.replaceAll(ESCAPES, bytesOf);
  return text;
}

function bytesOf(escapes: string): string {
  return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8');
}

/** With single, upright slashes, and without dot segments and the parameters of segments before the last. */
function resolved(path: string): string {
  const segments: string[] = [];
  for (const segment of path
    .replaceAll('\\', '/')
    .split('/')
    .map((each) => each.trim())) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const last = segments.pop() ?? '';
  return ['', ...segments.map((segment) => segment.replace(/;.*$/s, '')), last].join('/');
}
