/** Where Node's parser stopped, and why. */
export interface ParserError {
  code?: string;
  /** How many bytes it had taken of those in hand. */
  bytesParsed?: number;
}

/** The line of a GET of whatever HTTP: in small letters, with tabs, with blanks in its target, right behind a body. */
const GET_LINE = /(?<![a-z])get[ \t]+(\S[^\r\n]*)/gi;
/** What is no part of a request before it. */
const UNSEEN = /^[\s\xef\xbb\xbf]*$/;
/** As much of one as may have come, with the blanks and the byte order mark that are seen before it. */
const BEGIN_OF_GET = /^[ \t]*(?:\xef(?:\xbb\xbf?)?)?[ \t]*(?:g(?:e(?:t(?:[ \t].*)?)?)?)?$/is;
const GET_AT_ONCE = /^\s*get[ \t]+(\S[^\r\n]*)/i;
const VERSION = /[ \t]+(?:HTTPS?|ICE|RTSP)(?:\/[\d.]*)?[ \t]*$/i;
const END_OF_HEAD = /\r?\n\r?\n/g;
const LONGEST_LINE = 64 * 1024;

/**
 * The targets of the refused request, and of the whole GETs behind it that Node's stopped parser will never see, as far
 * as they are ours. `text` is what the parser had in hand and all that came since, one character a byte; it may begin
 * with requests that were taken. `unfinished`: the request line goes on in the next packet.
 */
export function readMalformed(
  text: string,
  { code, bytesParsed = 0 }: ParserError,
  isOurs: (target: string) => boolean,
): string[] | 'unfinished' {
  // This one is found out at the end of the head only.
  const stopped = code === 'HPE_INVALID_TRANSFER_ENCODING' ? bytesParsed - 1 : bytesParsed;
  if (isUnfinished(text, stopped)) return 'unfinished';
  let begin: number | null = null;
  for (const { index, 1: rest = '' } of text.matchAll(GET_LINE)) {
    if (index > bytesParsed && !UNSEEN.test(text.slice(bytesParsed, index))) break;
    const end = endOfHead(text, index);
    const wasTaken = end !== null && end <= stopped;
    if (!wasTaken && isOurs(targetIn(rest))) begin = index;
  }
  return begin === null ? [] : targetsFrom(text, begin, isOurs);
}

function isUnfinished(text: string, stopped: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', stopped - 1) + 1);
  if (line.length >= LONGEST_LINE || /[\r\n]/.test(line)) return false;
  return [line, text.slice(stopped)].some((begin) => BEGIN_OF_GET.test(begin)) || line.search(GET_LINE) !== -1;
}

function targetsFrom(text: string, begin: number, isOurs: (target: string) => boolean): string[] {
  const targets: string[] = [];
  for (let at: number | null = begin; at !== null; at = endOfRequest(text, at)) {
    const target = targetIn(GET_AT_ONCE.exec(text.slice(at))?.[1] ?? '');
    // The line alone is enough of the refused one: the gateway's headers say nothing.
    if (!isOurs(target) || (targets.length > 0 && endOfHead(text, at) === null)) break;
    targets.push(target);
  }
  return targets;
}

const targetIn = (line: string): string => line.replace(VERSION, '');

function endOfHead(text: string, begin: number): number | null {
  END_OF_HEAD.lastIndex = begin;
  return END_OF_HEAD.test(text) ? END_OF_HEAD.lastIndex : null;
}

/** Where the next request begins; null where that cannot be seen. */
function endOfRequest(text: string, begin: number): number | null {
  const end = endOfHead(text, begin);
  if (end === null) return null;
  const head = text.slice(begin, end);
  if (/^transfer-encoding:/im.test(head)) return null;
  return end + Number(/^content-length:[ \t]*(\d{1,9})[ \t]*$/im.exec(head)?.[1] ?? 0);
}
