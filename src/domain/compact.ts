/** An object without what is null, undefined, false or an empty list in it: what a reader fills in by itself. */
export function compact<Value extends object>(value: Value): Partial<Value> {
  const kept: Partial<Value> = {};
  for (const name in value) {
    const part = value[name];
    if (part !== null && part !== undefined && part !== false && !(Array.isArray(part) && part.length === 0)) {
      kept[name] = part;
    }
  }
  return kept;
}
