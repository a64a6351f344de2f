import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The package as npm would publish it. */
export interface Packed {
  tarball: string;
  remove(): void;
}

/** Builds and packs. */
export async function packed(): Promise<Packed> {
  const directory = mkdtempSync(join(tmpdir(), 'nestjs-esms-pack-'));
  const { code, output } = await runCommand(ROOT, ['npm', 'pack', '--pack-destination', directory]);
  if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
  const name = output.trimEnd().split('\n').at(-1) ?? '';
  return { tarball: join(directory, name), remove: () => rmSync(directory, { recursive: true, force: true }) };
}
