import { EsmsError } from './domain/errors.js';

const COMPOSED = Symbol.for('nestjs-esms:composed-copy');

/** Which build this file is part of: only CommonJS has a `require` of its own. */
const COPY = typeof require === 'function' ? 'CommonJS' : 'ES module';

/**
 * Throws `loaded_twice` where this process composed a module from the package's other build before: its classes are
 * other ones, so that what one of them provides, nobody who asks with the other would find.
 */
export function demandSingleCopy(): void {
  const composed = (Reflect.get(globalThis, COMPOSED) ?? COPY) as string;
  if (composed !== COPY) {
    throw new EsmsError(
      'loaded_twice',
      `nestjs-esms was loaded twice, as ${composed} and as ${COPY}: use either import or require for all of it`,
    );
  }
  Reflect.set(globalThis, COMPOSED, COPY);
}
