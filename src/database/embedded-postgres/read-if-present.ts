import { readFileSync } from 'node:fs';
import { errorCode } from '../../telemetry/error-code.js';

/** The text of a file; null when there is none. */
export function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
