import 'reflect-metadata';
import { open } from 'node:fs/promises';

type Any = (...given: never[]) => unknown;

/** Puts another method in the place of one; it gets the real one first. */
export function replace(
  prototype: object,
  name: string,
  make: (real: Any) => (this: never, ...given: never[]) => unknown,
): void {
  const real = Reflect.get(prototype, name) as Any;
  const planted = make(real);
  // Routes and subscriptions are metadata of the method itself.
  for (const key of Reflect.getMetadataKeys(real) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, real), planted);
  }
  Reflect.set(prototype, name, planted);
}

/** Calls the real one. */
export const call = (real: Any, self: unknown, given: unknown[]): Promise<unknown> =>
  Promise.resolve(Reflect.apply(real, self, given) as unknown);

/** The same for a method of every open file. */
export async function replaceOfFiles(
  name: string,
  make: (real: Any) => (this: never, ...given: never[]) => unknown,
): Promise<void> {
  const file = await open('/dev/null', 'w');
  replace(Object.getPrototypeOf(file) as object, name, make);
  await file.close();
}
