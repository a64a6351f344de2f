import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { errorCode } from '../../src/telemetry/error-code.js';

it('is read from an error of whatever realm', () => {
  expect(errorCode(Object.assign(new Error('absent'), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(errorCode(runInNewContext(`Object.assign(new Error('absent'), { code: 'ENOENT' })`))).toBe('ENOENT');
});

it.each([new Error('plain'), 'ENOENT', null, undefined])('is undefined for %s', (error) => {
  expect(errorCode(error)).toBeUndefined();
});
