import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../telemetry/error-code.js';
import { ProcessIdentity } from '../../telemetry/process-identity.js';
import { readIfPresent } from './read-if-present.js';

const FILE = /^owner\.(\d+)$/;

/**
 * The right to start and stop the server of a folder. At most one living process holds it; it passes on when the
 * holder releases it or dies, however it dies.
 *
 * One lock file that is deleted and made anew cannot be taken over safely: of two processes that both find it stale,
 * the second deletes the fresh lock of the first. So every claim makes the next numbered file (`owner.7`), the highest
 * number is the owner, and a release only marks its file: numbers never start again.
 */
export class Ownership {
  private constructor(private readonly file: string) {}

  /** Takes the ownership; null when a living process (this one included) has it. */
  static claim(folder: string): Ownership | null {
    for (;;) {
      const latest = latestNumber(folder);
      if (readHolder(folder, latest)?.isRunning()) return null;
      const file = join(folder, `owner.${latest + 1}`);
      if (!createWith(file, ProcessIdentity.of(process.pid))) continue;
      if (latestNumber(folder) === latest + 1) {
        removeUpTo(folder, latest);
        return new Ownership(file);
      }
      // Our look was so old that the others are numbers ahead.
      rmSync(file, { force: true });
    }
  }

  /** Who has it now; null when nobody does. */
  static holder(folder: string): ProcessIdentity | null {
    const holder = readHolder(folder, latestNumber(folder));
    return holder?.isRunning() ? holder : null;
  }

  release(): void {
    // The whole folder may be gone already: tests and people remove it.
    if (existsSync(this.file)) renameSync(writeBeside(this.file, null), this.file);
  }
}

function latestNumber(folder: string): number {
  return Math.max(0, ...numbersIn(folder));
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .map(Number);
}

/** Null also when it was superseded and removed since we listed the folder. */
function readHolder(folder: string, number: number): ProcessIdentity | null {
  const text = readIfPresent(join(folder, `owner.${number}`));
  // A power cut can leave it empty; that process does not live any more.
  const holder: ProcessIdentity | null = JSON.parse(text || 'null');
  return holder && new ProcessIdentity(holder.pid, holder.startedAt);
}

/** A link appears at once with its content, and only if the name is free: nobody reads a lock half written. */
function createWith(file: string, holder: ProcessIdentity): boolean {
  const draft = writeBeside(file, holder);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeBeside(file: string, holder: ProcessIdentity | null): string {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(holder));
  return draft;
}

function removeUpTo(folder: string, number: number): void {
  for (const old of numbersIn(folder)) {
    if (old <= number) rmSync(join(folder, `owner.${old}`), { force: true });
  }
}
