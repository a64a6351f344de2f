import type { QueryParameter } from './parse-query.js';
import { ALWAYS_SENT, lettersOf, WIRE_NAMES, type WireName, wireNameOf, wireNameOfLetters } from './wire-names.js';

/** Parameters as far as they could be mended. */
export interface MendedParameters {
  parameters: QueryParameter[];
  /** Fields that are not there, while something that is looks like what was left of them. */
  lost: WireName[];
}

/** What is left where a mark was escaped once too often, or only half of it taken back. */
const RESIDUE = String.raw`(?:amp|nbsp|quot|apos|lt|gt);?|#\d{1,4};|#?x[\da-f]{1,4};|\\?u[\da-f]{4}|%(?:25)*[\da-f]{2}|3f`;
const BEFORE_NAME = new RegExp(`^(?:${RESIDUE}|[^A-Za-z])+`, 'i');
const SEPARATOR = String.raw`[&?;,|#\s]|%(?:25)*(?:26|3b|3f)|\\u00(?:26|3[bf])`;
const LONGEST_FIRST = WIRE_NAMES.toSorted((a, b) => b.length - a.length).join('|');
/** The bounds keep a long value from being searched more than once. */
const JOINT = new RegExp(`(?:${SEPARATOR})(?:${RESIDUE}|[^A-Za-z=]){0,12}?(${LONGEST_FIRST})[^A-Za-z=]{0,4}=`, 'gi');
const LEFT_OF = new Map(
  ALWAYS_SENT.map((name) => [name, new RegExp(`${name}[^A-Za-z=:%]{0,4}(?:=|:|%(?:25)*3d)`, 'i')]),
);

/**
 * Reads the parameters of a query that was damaged on its way: a name that has something before or behind it that is no
 * part of it (`amp;SendStatus`, `?SMSID`, `[SendStatus]`, a byte order mark), and names that became part of a value,
 * since what stood before them is not the `&` it was (`SMSID=1;SendStatus=5`, `SMSID=1%26SendStatus%3D5`).
 *
 * A name with letters of its own (`xSendStatus`) may be one that the gateway has added. It is no field; where the field
 * itself is not there, it is lost.
 */
export function mendParameters(parameters: readonly QueryParameter[]): MendedParameters {
  const mended = parameters.flatMap(partsOf).map(({ name, value }) => ({ name: fieldOf(name, value) ?? name, value }));
  return { parameters: mended, lost: lostFrom(mended) };
}

/** One for each name in it, itself first. */
function partsOf(parameter: QueryParameter): QueryParameter[] {
  const { name, value } = withValue(parameter);
  if (!value.includes('=')) return [{ name, value }];
  const joints = [...value.matchAll(JOINT)];
  const ends = [...joints.map(({ index }) => index), value.length];
  const own = { name, value: value.slice(0, ends[0]) };
  const others = joints.map((joint, position) => ({
    name: joint[1] ?? '',
    value: value.slice(joint.index + joint[0].length, ends[position + 1]),
  }));
  return [own, ...others].map((part) => ({ name: part.name, value: part.value.replace(/^=+/, '') }));
}

/** A pair whose `=` was escaped as well has no value yet. */
function withValue({ name, value }: QueryParameter): QueryParameter {
  if (value !== '') return { name, value };
  const pair = name.includes('=') ? name : decodedAgain(name);
  const end = pair.indexOf('=');
  return end === -1 ? { name, value } : { name: pair.slice(0, end), value: pair.slice(end + 1) };
}

function decodedAgain(text: string): string {
  try {
    return /%3d/i.test(text) ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}

function fieldOf(name: string, value: string): WireName | undefined {
  const exact = wireNameOf(name);
  // Of `SendStatus:5` the name alone would be half the truth.
  if (exact !== undefined || value === '') return exact;
  const last = name.split(/[&?;#]/).at(-1) ?? '';
  return [name, last]
    .flatMap((text) => [text, text.replace(BEFORE_NAME, '')])
    .map(fieldOfLetters)
    .find(isField);
}

const fieldOfLetters = (text: string): WireName | undefined => wireNameOfLetters(lettersOf(text));
const isField = (name: WireName | undefined): name is WireName => name !== undefined;

function lostFrom(parameters: readonly QueryParameter[]): WireName[] {
  const there = new Set(parameters.map(({ name }) => wireNameOf(name)));
  const strange = parameters.filter(({ name }) => wireNameOf(name) === undefined).map(({ name }) => lettersOf(name));
  return WIRE_NAMES.filter((field) => {
    if (there.has(field)) return false;
    if (strange.some((letters) => letters.includes(lettersOf(field)))) return true;
    return parameters.some(({ value }) => LEFT_OF.get(field)?.test(value));
  });
}
