import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a developer is spared to invent. */
export interface DevelopmentSecrets {
  token: string;
  key: string;
}

/** The generated callback token and API key of a data directory: made once, readable by their owner only. */
export function developmentSecrets(directory: string): DevelopmentSecrets {
  const file = join(directory, 'secrets.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DevelopmentSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secrets = { token: randomBytes(24).toString('base64url'), key: randomBytes(24).toString('base64url') };
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return secrets;
}
