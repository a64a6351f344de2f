import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresUnavailableError } from './embedded-postgres-unavailable.error.js';
import { errorCode } from '../../telemetry/error-code.js';
import { copyNativeFolder } from './native-copy.js';
import type { ServerAccount } from './server-account.js';
import { serverProcess } from './server-process.js';

const run = promisify(execFile);

/** PostgreSQL programs that were seen to run under the server's account. */
export class Binaries {
  private constructor(
    private readonly folder: string,
    /** Such as `18.4`. */
    readonly version: string,
  ) {}

  /**
   * The programs in `native`, or a private copy below `place` when they do not run from there: the account cannot reach
   * a checkout under a closed home, and without npm install scripts the links between their libraries are missing.
   * @throws EmbeddedPostgresUnavailableError when the copy does not run either
   */
  static async prepare(native: string, place: string, account: ServerAccount | null): Promise<Binaries> {
    try {
      return await Binaries.probe(native, account);
    } catch (cause) {
      if (isForeignSystem(cause, native))
        throw unavailable('its binaries need glibc (musl, as on Alpine, is not enough)', cause);
    }
    const copy = await copyNativeFolder(native, place, account);
    try {
      return await Binaries.probe(copy, account);
    } catch (cause) {
      throw unavailable(`its binaries do not start (${String(cause).trim()})`, cause);
    }
  }

  private static async probe(folder: string, account: ServerAccount | null): Promise<Binaries> {
    // Each of the two loads libraries the other does not.
    await run(programIn(folder, 'initdb'), ['--version'], serverProcess(account));
    const { stdout } = await run(programIn(folder, 'postgres'), ['--version'], serverProcess(account));
    return new Binaries(folder, /[\d.]+/.exec(stdout)?.[0] ?? 'unknown');
  }

  /** Such as `18`: data folders are bound to it. */
  get major(): string {
    return this.version.split('.')[0] ?? this.version;
  }

  /** Absolute path of one program. */
  program(name: 'initdb' | 'postgres' | 'pg_ctl'): string {
    return programIn(this.folder, name);
  }
}

function programIn(folder: string, name: string): string {
  return join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/** The system says "no such file" of a program that is there when it lacks the loader named in it. */
function isForeignSystem(error: unknown, native: string): boolean {
  return errorCode(error) === 'ENOENT' && existsSync(programIn(native, 'initdb'));
}

function unavailable(reason: string, cause: unknown): EmbeddedPostgresUnavailableError {
  return new EmbeddedPostgresUnavailableError(`${process.platform}-${process.arch}`, reason, cause);
}
