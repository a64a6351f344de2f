import { withoutPersons } from '../../domain/hidden-text.js';
import { firstObjectIn } from './first-object.js';

/** What the gateway's `error_info` tells; every part may be missing. */
export interface ErrorInfo {
  /** As text, with its sign: `-114`; `0` is success. */
  code: string | null;
  /** At most 500 characters; a number that may name a person is stars. */
  message: string | null;
  /** Exact, also beyond 2^53. */
  userId: string | null;
  /** Zalo's own delivery status (facts §3.1): 1 on the phone, 0 on its server, -1 no such message. */
  status: number | null;
}

/** Beyond this it is no error_info but something to keep and not to take apart. */
const MAX_LENGTH = 8 * 1024;
/** Percent-encoding and JSON string literals around the object: one was seen, the rest is room. */
const MAX_LAYERS = 4;
const MAX_MESSAGE_LENGTH = 500;
const MAX_ID_LENGTH = 128;

const NOTHING: ErrorInfo = { code: null, message: null, userId: null, status: null };
const MEANS_NOTHING: ReadonlySet<string> = new Set(['', 'null', '{}', '[]']);

const INTEGER = /^-?\d{1,20}$/;
/** The time that ends every OA sample. The look-behind keeps it linear: a run of underscores is entered only once. */
const TIME_SUFFIX = /(?<!_)_{2,}\d{2}\/\d{2}\/\d{4} \d{2}:\d{2}:\d{2}$/;
/** Only what is plainly assigned: a number that merely follows the word would pass for one of our codes. */
const CODE_IN_TEXT = /error["'\\\s]{0,8}[:=]["'\\\s]{0,8}(-?\d{1,20})(?![\d/]|\.\d)/i;
const PERCENT_RUN = /(?:%[\da-f]{2})+/gi;
const PERCENT_ASCII = /%[0-7][\da-f]/gi;
/** What PostgreSQL cannot keep in a text: NUL, and halves of a surrogate pair. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/**
 * Reads `error_info` after the query string's own decoding, in any of its shapes (facts §1.5): an object, maybe inside
 * a JSON string, maybe percent-encoded some more times, maybe with a time or exception text behind it; a bare code; or
 * words. Each layer is parsed before it is decoded, since a `%41` inside a message must stay. Never throws.
 */
export function readErrorInfo(text: string | null): ErrorInfo {
  if (text === null) return NOTHING;
  if (text.length > MAX_LENGTH) return readWords(text);
  let layer = withoutSuffix(text);
  for (let peeled = 0; ; peeled++) {
    const info = readLayer(layer);
    if (info !== null) return info;
    const inner = peeled < MAX_LAYERS ? peel(layer) : null;
    if (inner === null) return readWords(layer);
    layer = withoutSuffix(inner);
  }
}

function withoutSuffix(text: string): string {
  return text.trim().replace(TIME_SUFFIX, '').trim();
}

/** What can be read without taking a layer off; null where there is nothing of the kind. */
function readLayer(layer: string): ErrorInfo | null {
  if (MEANS_NOTHING.has(layer)) return NOTHING;
  if (INTEGER.test(layer)) return { ...NOTHING, code: layer };
  const object = firstObjectIn(layer);
  return object === null ? null : readObject(object);
}

function readObject(object: object): ErrorInfo | null {
  if (!['error', 'message', 'data'].some((name) => Object.hasOwn(object, name))) return null;
  const error = field(object, 'error');
  const code = integerOf(error);
  const data = field(object, 'data');
  const status = integerOf(field(data, 'status'));
  return {
    code,
    message: wordsOf(field(object, 'message')) ?? (code === null ? wordsOf(error) : null),
    userId: idOf(field(data, 'user_id')),
    status: status === null ? null : Number(status),
  };
}

function readWords(text: string): ErrorInfo {
  return { ...NOTHING, code: CODE_IN_TEXT.exec(text)?.[1] ?? null, message: wordsOf(text) };
}

function field(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined;
  return Reflect.get(object, name);
}

function integerOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && INTEGER.test(text) ? text : null;
}

function idOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length <= MAX_ID_LENGTH ? textOf(text) : null;
}

/** Fewer may see a person than may see what went wrong; the raw receipt keeps it. */
function wordsOf(value: unknown): string | null {
  const text = textOf(value);
  return text === null ? null : withoutPersons(text);
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value.slice(0, MAX_MESSAGE_LENGTH).replaceAll(UNSTORABLE, '\uFFFD').trim() || null;
}

/** Takes off one layer of encoding; null where none is left. */
function peel(layer: string): string | null {
  return readStringLiteral(layer) ?? unescapeQuotes(layer) ?? decodePercent(layer);
}

function readStringLiteral(layer: string): string | null {
  if (!layer.startsWith('"') || !layer.endsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(layer);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** A JSON string literal that JSON does not accept: cut short, without its quotes, or with words behind it. */
function unescapeQuotes(layer: string): string | null {
  if (!layer.includes('\\"')) return null;
  const isQuoted = layer.length > 1 && layer.startsWith('"') && layer.endsWith('"');
  return (isQuoted ? layer.slice(1, -1) : layer).replaceAll(/\\(["\\])/g, '$1');
}

function decodePercent(layer: string): string | null {
  const decoded = layer.replaceAll(PERCENT_RUN, decodeRun);
  return decoded === layer ? null : decoded;
}

/** One run of `%XX`; of a run that is not UTF-8 (cut short, say) only what is ASCII, the rest stays as it is. */
function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run.replaceAll(PERCENT_ASCII, decodeURIComponent);
  }
}
