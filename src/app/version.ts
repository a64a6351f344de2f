import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version in our `package.json`, which is above this file wherever the build was put. */
export function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = readIfOurs(join(folder, 'package.json'));
    if (found !== null) return found;
    if (folder === dirname(folder)) return '(unknown version)';
  }
}

function readIfOurs(file: string): string | null {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    return name === 'nestjs-esms' ? (version ?? null) : null;
  } catch {
    return null;
  }
}
