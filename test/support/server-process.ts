import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Why a program cannot be tested with; null where it can. Where `CI` is set, it must. */
export function absenceOf(program: string): string | null {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' });
    return null;
  } catch {
    if (process.env['CI']) throw new Error(`${program} is needed where CI is set`);
    return `${program} is not there`;
  }
}

/** A server of a test's own. */
export class ServerProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** With this environment and no other. */
  static start(program: string, parameters: readonly string[], environment: NodeJS.ProcessEnv): ServerProcess {
    return new ServerProcess(spawn(program, parameters, { stdio: 'ignore', env: environment }));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Whether it still runs. */
  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends when it has. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    if (!this.isAlive) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
