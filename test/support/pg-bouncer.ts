import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { query } from './query.js';

const STARTED_WITHIN_MS = 5_000;

/** Why no PgBouncer can be started here; null where it can. */
export const PGBOUNCER_ABSENT = ((): string | null => {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'pgbouncer is not on the PATH';
  }
})();

/** A PgBouncer in transaction mode in front of one server. */
export class PgBouncer {
  private constructor(
    private readonly server: ChildProcess,
    private readonly directory: string,
    /** The URL by way of it. */
    readonly url: string,
  ) {}

  static async start(url: string): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(url);
    const directory = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
    const pooled = new URL(url);
    pooled.hostname = '127.0.0.1';
    pooled.port = String(await freePort());
    const server = `host=${hostname} port=${port || 5432} user=${username} password=${decodeURIComponent(password)}`;
    const settings = [
      '[databases]',
      `${pathname.slice(1)} = ${server}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${pooled.port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'default_pool_size = 12',
      'max_client_conn = 500',
      'ignore_startup_parameters = extra_float_digits',
    ];
    const file = join(directory, 'pgbouncer.ini');
    writeFileSync(file, settings.join('\n'));
    chmodSync(directory, 0o755);
    // It refuses to run as root, and lets root say who it is to be.
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn('pgbouncer', ['-q', ...user, file], { stdio: 'ignore' });
    await answers(pooled.href);
    return new PgBouncer(child, directory, pooled.href);
  }

  async stop(): Promise<void> {
    const ended = once(this.server, 'exit');
    this.server.kill('SIGINT');
    const timer = setTimeout(() => this.server.kill('SIGKILL'), 1_000);
    await ended;
    clearTimeout(timer);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<void> {
  for (const end = performance.now() + STARTED_WITHIN_MS; ; await sleep(50)) {
    try {
      await query(url, 'select 1');
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
