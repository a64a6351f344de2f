import { existsSync, lchownSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ServerAccount } from './server-account.js';

/**
 * A copy of `native` (60 MB, made once per version) in `place`, owned by the account and with the links between its
 * libraries, which npm's tarball cannot carry and its install script would otherwise make. Returns its folder.
 */
export async function copyNativeFolder(native: string, place: string, account: ServerAccount | null): Promise<string> {
  const copy = join(place, `runtime-${packageVersion(native)}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.new`;
  rmSync(draft, { recursive: true, force: true });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  makeLinks(draft);
  if (account) giveAll(draft, account);
  renameSync(draft, copy);
  return copy;
}

function packageVersion(native: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'));
  return manifest.version;
}

function makeLinks(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(folder, relative('native', target));
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(target), source), link);
  }
}

/** Not only readable, owned: npm under a strict umask leaves files that nobody but their owner can read. */
function giveAll(folder: string, { uid, gid }: ServerAccount): void {
  lchownSync(folder, uid, gid);
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, entry), uid, gid);
}
