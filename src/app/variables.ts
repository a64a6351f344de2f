/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Notes what is wrong with a variable. */
export type Note = (name: string, text: string) => void;

/** A variable; an empty one is not given. */
export function given(variables: Variables, name: string): string | null {
  const text = variables[name]?.trim() ?? '';
  return text === '' ? null : text;
}
