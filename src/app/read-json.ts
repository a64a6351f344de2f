import { isUtf8 } from 'node:buffer';
import { BadRequestException } from '@nestjs/common';

/** Strings, numbers and marks of a text that is known to be JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\],]/g;

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Every whole number of so few digits is exact. */
const SMALL = /^-?\d{1,15}$/;

const LONGEST_PATH = 200;

/** An object or array that is being read. */
interface Frame {
  value: Record<string | number, unknown>;
  /** The keys so far; null in an array. */
  keys: Set<string> | null;
  at: string | number;
  isKeyNext: boolean;
}

/**
 * Parses a JSON body. `JSON.parse` alone changes some bodies in silence: it rounds numbers, keeps the last of several
 * values of one key, and reads bytes that are no UTF-8 as U+FFFD. A number that it would round becomes NaN here, which
 * every check of a body refuses by its path; for the rest the whole body is refused.
 */
export function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new BadRequestException('the body is not UTF-8');
  const text = body.toString('utf8');
  const root = { body: parsed(text.startsWith('\uFEFF') ? text.slice(1) : text) };
  const frames: Frame[] = [{ value: root, keys: null, at: 'body', isKeyNext: false }];
  for (const [token] of text.matchAll(TOKEN)) readToken(token, frames);
  return root.body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequestException('the body is not valid JSON');
  }
}

function readToken(token: string, frames: Frame[]): void {
  const frame = frames.at(-1) as Frame;
  switch (token[0]) {
    case '{':
    case '[': {
      const value = frame.value[frame.at] as Frame['value'];
      const isObject = token === '{';
      frames.push({ value, keys: isObject ? new Set() : null, at: 0, isKeyNext: isObject });
      break;
    }
    case '}':
    case ']':
      frames.pop();
      break;
    case ',':
      if (frame.keys === null) frame.at = Number(frame.at) + 1;
      else frame.isKeyNext = true;
      break;
    case '"':
      if (frame.isKeyNext) readKey(token, frame, frames);
      break;
    default:
      if (!isExact(token)) frame.value[frame.at] = Number.NaN;
  }
}

function readKey(token: string, frame: Frame, frames: readonly Frame[]): void {
  const key = JSON.parse(token) as string;
  frame.at = key;
  frame.isKeyNext = false;
  if (frame.keys?.has(key)) throw new BadRequestException(`${pathOf(frames)}: given more than once`);
  frame.keys?.add(key);
}

function pathOf([, ...frames]: readonly Frame[]): string {
  const path = frames.map(({ keys, at }) => (keys === null ? `[${at}]` : `.${at}`)).join('');
  return path.replace(/^\./, '').slice(0, LONGEST_PATH);
}

/** Whether JavaScript's number has the value that is written. */
function isExact(token: string): boolean {
  return SMALL.test(token) || valueOf(token) === valueOf(String(Number(token)));
}

/** A decimal as its significant digits and their power of ten: 1.50, 15e-1 and 1.5 are the same. */
function valueOf(decimal: string): string | null {
  const [, integer, fraction = '', exponent = '0'] = NUMBER.exec(decimal) ?? [];
  if (integer === undefined) return null;
  const digits = `${integer}${fraction}`;
  // By hand: /0+$/ takes a time that grows with the square of a long row of zeros.
  let [start, end] = [0, digits.length];
  while (digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  if (start === end) return '0';
  return `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
