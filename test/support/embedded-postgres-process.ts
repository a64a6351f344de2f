import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Readable, Writable } from 'node:stream';

const SCRIPT = fileURLToPath(new URL('hold-embedded-postgres.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** A real process that uses the embedded PostgreSQL, in a process group of its own as in a terminal. */
export class EmbeddedPostgresProcess {
  private readonly ended: Promise<unknown>;

  private constructor(
    private readonly child: Child,
    private readonly lines: AsyncIterator<string>,
    readonly url: string,
    readonly owner: boolean,
  ) {
    this.ended = once(child, 'exit');
  }

  /** Resolves when the process has the server. */
  static async start(directory: string, account?: { uid: number; gid: number }): Promise<EmbeddedPostgresProcess> {
    const child = spawn(process.execPath, ['--import', TSX, SCRIPT, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      cwd: '/',
      ...account,
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { url, owner }: { url: string; owner: boolean } = JSON.parse(await next(lines));
    return new EmbeddedPostgresProcess(child, lines, url, owner);
  }

  /** Its own orderly stop. */
  async stop(): Promise<void> {
    this.child.stdin.write('stop\n');
    await next(this.lines);
    await this.ended;
  }

  /** `process.exit()` without a stop. */
  async exit(): Promise<void> {
    this.child.stdin.write('exit\n');
    await this.ended;
  }

  /** kill -9; nothing if it has ended. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** What a terminal does on Ctrl-C: SIGINT to the whole process group. Resolves when the process noticed. */
  async pressControlC(): Promise<void> {
    process.kill(-(this.child.pid ?? Number.NaN), 'SIGINT');
    await next(this.lines);
  }
}

async function next(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('The process ended; see its output above.');
  return value;
}
