import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nativeFolder } from '../../src/database/embedded-postgres/native-folder.js';
import { Postmaster } from '../../src/database/embedded-postgres/postmaster.js';
import { ProcessIdentity } from '../../src/telemetry/process-identity.js';

/** Followed by the pid of the process that made it. */
const NAME = /^nestjs-esms-test-(\d+)-/;

/** A temporary directory for an embedded PostgreSQL, which may be left in any state. */
export class EmbeddedPostgresDirectory {
  private constructor(private readonly top: string) {}

  /** @param mode of the folder above it: 0o711 lets every account pass, 0o700 is a closed home */
  static create(mode = 0o711): EmbeddedPostgresDirectory {
    const directory = new EmbeddedPostgresDirectory(mkdtempSync(join(tmpdir(), `nestjs-esms-test-${process.pid}-`)));
    mkdirSync(directory.path);
    chmodSync(directory.path, 0o755);
    chmodSync(directory.top, mode);
    return directory;
  }

  /** Cleans up after test runs that were killed: their servers live on. */
  static async removeAbandoned(): Promise<void> {
    for (const name of readdirSync(tmpdir())) {
      const [, maker] = NAME.exec(name) ?? [];
      if (!maker || ProcessIdentity.of(Number(maker)).isRunning()) continue;
      const top = join(tmpdir(), name);
      const { uid } = statSync(top);
      if (uid === (process.getuid?.() ?? uid)) await new EmbeddedPostgresDirectory(top).remove();
    }
  }

  /** What `startEmbeddedPostgres` is given. */
  get path(): string {
    return join(this.top, 'directory');
  }

  /** A file of ours, such as `connection.json`. */
  file(name: string): string {
    return join(this.path, 'postgres', name);
  }

  /** The data folder, wherever it is. */
  get data(): string {
    return existsSync(this.file('elsewhere')) ? join(realpathSync(this.file('elsewhere')), 'data') : this.file('data');
  }

  /** The server that runs on it, whoever started it. */
  get postmaster(): Postmaster | null {
    return Postmaster.find(this.data);
  }

  /** Stops the server that runs on it, whoever owns it. */
  async stopServer(): Promise<void> {
    await this.postmaster?.stop(join(await nativeFolder(), 'bin', 'pg_ctl'));
  }

  async remove(): Promise<void> {
    await this.stopServer();
    if (existsSync(this.file('elsewhere'))) rmSync(dirname(this.data), { recursive: true, force: true });
    rmSync(this.top, { recursive: true, force: true });
  }
}
