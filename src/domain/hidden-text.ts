/** The parts of {@link NUMBERS} that are left as they are. */
type Left = Partial<Record<'day' | 'address' | 'id', string>>;

/**
 * Digits enough for a phone or a Zalo user id, with what people and programs write between them; before that what also
 * has many digits and names nobody: a day, with its time, an IPv4 address, a UUID.
 */
const NUMBERS = new RegExp(
  [
    String.raw`(?<day>\b(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?)`,
    String.raw`(?<address>(?<![\d.+])[1-9]\d{0,2}(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?![.\d]))`,
    String.raw`(?<id>\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b)`,
    String.raw`\p{Nd}(?:(?:[\p{Zs}\p{Cf}\p{Pd}\t.·()+]|%20|%2[BDE]){0,6}\p{Nd}){8,}`,
  ].join('|'),
  'giu',
);

const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@(?=[\p{L}\p{N}-]{1,63}\.)/gu;

/** A URL that is called, not the file of a stack trace. */
const CALLED_URL =
  /\b(?:https?|wss?|amqps?|nats|tls|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?):\/\/[^\s"'<>`\\]+/gi;

const URL_BEGINNING = /^(?<scheme>[a-z+]+:\/\/)(?:[^/?#]*@)?(?<begin>[^/?#]*(?:\/[^/?#]+)?)/i;

/** `Authorization: Bearer …`, `"apiKey": "…"`, `password=…`, `Cookie: …`. */
const NAMED_SECRET =
  /((?:authorization|cookie|api[-_]?key|access[-_]?key|passw(?:or)?d|passphrase|secret|token|credential|signature)[\w-]{0,32}\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)(?:(?:bearer|basic|digest|token)\s{1,4})?[^\s"',;&)}\]\\]+/gi;

/** What is a secret by its looks: behind `Bearer`, a JSON Web Token, a secret of Standard Webhooks. */
const PLAIN_SECRET = /\b(?:bearer|basic)\s{1,4}[\w.~+/=-]{8,}|\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}|\bwhsec_[\w+/=]{8,}/gi;

const HIDDEN = '***';

/** A text without what names a person: a number as long as a phone's is stars, of an e-mail address the domain is left. */
export function withoutPersons(text: string): string {
  const hide = (found: string, ...rest: unknown[]): string => {
    const { day, address, id } = rest.at(-1) as Left;
    return day ?? address ?? id ?? found.replaceAll(/\p{Nd}/gu, '*');
  };
  return text.replaceAll(NUMBERS, hide).replaceAll(EMAIL, `${HIDDEN}@`);
}

/** A text without passwords, keys and tokens, as far as their names or looks tell them, and with {@link urlBeginning} of URLs. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(CALLED_URL, (url) => (urlBeginning(url) === url ? url : `${urlBeginning(url)}…`))
    .replaceAll(PLAIN_SECRET, HIDDEN)
    .replaceAll(NAMED_SECRET, `$1${HIDDEN}`);
}

/** A text for the log, which has readers of every kind. */
export function forLog(text: string): string {
  return withoutPersons(withoutSecrets(text));
}

/** A URL up to the first segment of its path, without user and password: what follows is often a secret. */
export function urlBeginning(url: string): string {
  const { scheme, begin } = URL_BEGINNING.exec(url)?.groups ?? {};
  return scheme === undefined ? HIDDEN : `${scheme}${begin ?? ''}`;
}
