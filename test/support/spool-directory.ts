import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spool, type SpoolSettings } from '../../src/spool/spool.js';

/** A directory of its own for a spool, and what a test asks of it. */
export class SpoolDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'spool-'));

  /** A spool on it, as one process has it. */
  async open(settings: Partial<SpoolSettings> = {}): Promise<Spool> {
    const spool = new Spool({ directory: this.path, maxBytes: 2 ** 30, durability: 'disk', ...settings });
    await spool.open();
    return spool;
  }

  /** Names of the files that end so. */
  files(ending: string): string[] {
    return readdirSync(this.path).filter((name) => name.endsWith(ending));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Everything that is to be drained, segment by segment. */
export async function drained(spool: Spool): Promise<string[]> {
  const texts: string[] = [];
  for (const name of await spool.segments()) {
    texts.push(...(await spool.read(name, String)).records);
  }
  return texts;
}
