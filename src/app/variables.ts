/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Notes what is wrong with a variable. */
export type Note = (name: string, text: string) => void;

/** What is pasted with a value and cannot be seen. */
const AROUND = /^[\s\u200B-\u200F\u2060\uFEFF]+|[\s\u200B-\u200F\u2060\uFEFF]+$/gu;

/** A variable; an empty one is not given. */
export function given(variables: Variables, name: string): string | null {
  const text = variables[name]?.replaceAll(AROUND, '') ?? '';
  return text === '' ? null : text;
}

/** One of several values; the first where none is given. */
export function oneOf<Value extends string>(
  values: readonly [Value, ...Value[]],
  name: string,
  variables: Variables,
  note: Note,
): Value {
  const text = (given(variables, name) ?? values[0]) as Value;
  if (!values.includes(text)) note(name, values.join(' or '));
  return text;
}

/** The same variables, and the names of those that were asked for: they are the ones that mean something. */
export function watched(variables: Variables): { variables: Variables; asked: ReadonlySet<string> } {
  const asked = new Set<string>();
  const get = (target: Variables, name: string): string | undefined => {
    asked.add(name);
    return target[name];
  };
  return { variables: new Proxy(variables, { get }), asked };
}

/** Shorter names have too many neighbours: `PORT` is one letter away from `PORTS` and from `POST`. */
const LONG_ENOUGH = 7;

/**
 * Sentences about variables that nobody asked for and whose name is nearly that of one that was asked for and not found:
 * in other letters (`database_url`), or with one letter too many, too few, wrong or out of place (`DATABSE_URL`).
 */
export function misspelled(variables: Variables, asked: ReadonlySet<string>): string[] {
  const absent = [...asked].filter((name) => given(variables, name) === null);
  const others = Object.keys(variables).filter((name) => !asked.has(name) && given(variables, name) !== null);
  return others.flatMap((other) => {
    const meant = absent.find((name) => isNearly(plain(other), plain(name)));
    return meant === undefined ? [] : [`${other}: not read; ${meant} is what is known here`];
  });
}

const plain = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

function isNearly(one: string, other: string): boolean {
  if (one === other) return true;
  if (other.length < LONG_ENOUGH) return false;
  let start = 0;
  while (start < other.length && one[start] === other[start]) start += 1;
  const [left, right] = [one.slice(start), other.slice(start)];
  const isSwapped = left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2);
  return left.slice(1) === right || left === right.slice(1) || left.slice(1) === right.slice(1) || isSwapped;
}
