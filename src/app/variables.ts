/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Notes what is wrong with a variable. */
export type Note = (name: string, text: string) => void;

/** A variable; an empty one is not given. */
export function given(variables: Variables, name: string): string | null {
  const text = variables[name]?.trim() ?? '';
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
