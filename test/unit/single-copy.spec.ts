import { afterEach, beforeEach, expect, it } from 'vitest';
import { demandSingleCopy } from '../../src/single-copy.js';

const COMPOSED = Symbol.for('nestjs-esms:composed-copy');

let before: unknown;

beforeEach(() => {
  before = Reflect.get(globalThis, COMPOSED);
  Reflect.deleteProperty(globalThis, COMPOSED);
});

afterEach(() => Reflect.set(globalThis, COMPOSED, before));

it('one build makes as many modules as it likes', () => {
  demandSingleCopy();
  expect(demandSingleCopy).not.toThrow();
});

it('the second build is refused by name', () => {
  Reflect.set(globalThis, COMPOSED, 'another build');
  expect(demandSingleCopy).toThrow(expect.objectContaining({ code: 'loaded_twice' }));
  expect(demandSingleCopy).toThrow(/loaded twice, as another build and as /);
});
