/** What is wrong with the options, found one by one and told at once; never repeats a value, which may be a secret. */
export class ProblemList {
  readonly items: string[] = [];

  note(name: string, text: string): void {
    this.items.push(`${name}: ${text}`);
  }

  /** An object's fields, where it is one; unknown names in it are noted, since they are typing errors. */
  fields<Name extends string>(name: string, given: unknown, known: readonly Name[]): Partial<Record<Name, unknown>> {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      this.note(name || 'options', 'an object is needed');
      return {};
    }
    for (const key of Object.keys(given)) {
      if (!known.includes(key as Name)) this.note(under(name, key), 'no such option');
    }
    return given;
  }

  /** Each, where it is given, must be a number greater than zero; `whole`: and a whole one. */
  numbers(name: string, given: Record<string, unknown>, { whole }: { whole: boolean }): void {
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined) continue;
      const fits = typeof value === 'number' && Number.isFinite(value) && value > 0;
      if (!fits) this.note(under(name, key), 'must be a number greater than zero');
      else if (whole && !Number.isInteger(value)) this.note(under(name, key), 'must be a whole number');
    }
  }

  /** A text would count as true, `'false'` too. */
  flag(name: string, given: unknown): void {
    if (given !== undefined && typeof given !== 'boolean') this.note(name, 'true or false');
  }

  oneOf(name: string, given: unknown, choices: readonly string[]): void {
    if (given !== undefined && !choices.includes(given as string)) this.note(name, `one of ${choices.join(', ')}`);
  }
}

const under = (name: string, key: string): string => (name === '' ? key : `${name}.${key}`);
