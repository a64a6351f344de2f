import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, Questions } from './answer-parent.js';

/** A process of this run that answers questions, one at a time. */
export class Child<Asked extends Questions> {
  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {}

  /**
   * Starts a script of `bench/`, compiled.
   * @param checkout where another commit is, compiled as well; this one without it
   */
  static start<Asked extends Questions>(
    script: string,
    execArgv: readonly string[] = [],
    checkout: string | null = null,
  ): Child<Asked> {
    const own = fileURLToPath(new URL(`../${script}.js`, import.meta.url));
    const path = checkout === null ? own : join(checkout, '.bench', 'bench', `${script}.js`);
    const env = { ...process.env, NODE_ENV: 'production' };
    return new Child(fork(path, { execArgv: [...execArgv], env, cwd: checkout ?? process.cwd() }), script);
  }

  /** Rejects where the process fails to answer or ends. */
  async ask<Name extends keyof Asked & string>(
    name: Name,
    ...[argument]: Parameters<Asked[Name]>
  ): Promise<Awaited<ReturnType<Asked[Name]>>> {
    const listening = new AbortController();
    const { signal } = listening;
    try {
      const answered = once(this.process, 'message', { signal });
      const ended = once(this.process, 'exit', { signal });
      this.process.send({ name, argument });
      const answer = await Promise.race([answered, ended.then(() => null)]);
      if (answer === null) throw new Error(`${this.name} ended while it was asked to ${name}`);
      const [{ error, value }] = answer as [Answer];
      if (error !== undefined) throw new Error(`${this.name} failed to ${name}: ${error}`);
      return value as Awaited<ReturnType<Asked[Name]>>;
    } finally {
      listening.abort();
    }
  }

  /** Lets it end by itself (profiles are written then), and waits for that. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    if (this.process.connected) this.process.disconnect();
    await ended;
  }
}
