import { chmodSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Binaries } from '../../src/database/embedded-postgres/binaries.js';
import { EmbeddedPostgresUnavailableError } from '../../src/database/embedded-postgres/embedded-postgres-unavailable.error.js';
import { nativeFolder } from '../../src/database/embedded-postgres/native-folder.js';

const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;

let folder: string;
let place: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-esms-binaries-'));
  chmodSync(folder, 0o711);
  place = join(folder, 'place');
  mkdirSync(place);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('binaries', () => {
  it('run from where npm installed them when they can', async () => {
    const binaries = await Binaries.prepare(await nativeFolder(), place, account);
    const installed = binaries.program('postgres').startsWith(await nativeFolder());
    // Not when the tests themselves run as root below a closed home.
    expect(installed).toBe(readdirSync(place).length === 0);
    expect(binaries.major).toBe('18');
  });

  it('run from a private copy when npm ran no install scripts and their folder is closed to the account', async () => {
    const installed = join(folder, 'closed', 'package');
    cpSync(join(await nativeFolder(), '..'), installed, { recursive: true, verbatimSymlinks: true });
    chmodSync(join(folder, 'closed'), 0o700);
    for (const link of linksIn(installed)) rmSync(link);
    const untouched = listing(installed);

    const binaries = await Binaries.prepare(join(installed, 'native'), place, account);
    expect(binaries.major).toBe('18');
    expect(binaries.program('postgres').startsWith(join(place, 'runtime-'))).toBe(true);
    expect(linksIn(place).length).toBeGreaterThan(0);
    expect(listing(installed)).toEqual(untouched);
  });
});

describe('a machine without binaries', () => {
  it('is named, and the way out, when npm has no package for it', async () => {
    const failure = nativeFolder('sunos', 'mips');
    await expect(failure).rejects.toThrow(EmbeddedPostgresUnavailableError);
    await expect(failure).rejects.toThrow(/sunos-mips.*DATABASE_URL/);
  });

  it('is named, and the way out, when it lacks the loader of the binaries (Alpine)', async () => {
    const native = join(folder, 'native');
    mkdirSync(join(native, 'bin'), { recursive: true });
    for (const name of ['initdb', 'postgres'])
      writeFileSync(join(native, 'bin', name), '#!/lib64/no-such-loader\n', { mode: 0o755 });
    const failure = Binaries.prepare(native, place, account);
    await expect(failure).rejects.toThrow(EmbeddedPostgresUnavailableError);
    await expect(failure).rejects.toThrow(new RegExp(`${process.platform}-${process.arch}.*glibc.*DATABASE_URL`));
  });
});

function linksIn(path: string): string[] {
  return listing(path).filter((entry) => lstatSync(entry).isSymbolicLink());
}

function listing(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((entry) => join(path, entry))
    .toSorted();
}
