import { afterEach, beforeEach, expect, it } from 'vitest';
import { EsmsModule } from '../../src/index.js';

const COMPOSED = Symbol.for('nestjs-esms:composed-copy');
const OPTIONS = {
  accounts: { default: { tokens: ['token-of-the-single-copy'] } },
  database: { url: 'postgres://127.0.0.1:1/none' },
};

let before: unknown;

beforeEach(() => {
  before = Reflect.get(globalThis, COMPOSED);
  Reflect.deleteProperty(globalThis, COMPOSED);
});

afterEach(() => Reflect.set(globalThis, COMPOSED, before));

it('one build makes as many modules as it likes', () => {
  EsmsModule.forRoot(OPTIONS);
  expect(() => EsmsModule.forRoot(OPTIONS)).not.toThrow();
});

it('the second build is refused by name', () => {
  Reflect.set(globalThis, COMPOSED, 'another build');
  expect(() => EsmsModule.forRoot(OPTIONS)).toThrow(expect.objectContaining({ code: 'loaded_twice' }));
  expect(() => EsmsModule.forRoot(OPTIONS)).toThrow(/loaded twice, as another build and as /);
});
