import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { type Answer, send } from '../support/service.js';
import { type CommandResult, runCommand, withoutScriptSettings } from './run-command.js';

const HOSTS = fileURLToPath(new URL('hosts/', import.meta.url));
const TOKEN = 'token-of-the-strange-host';

/** Says nothing about what npm resolves, only spares it some questions to the registry. */
const QUICK = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true' };

/** What a host tells of an event that reached it. */
interface ObservedEvent {
  event: string;
  subject: string;
  attempt: number;
}

/** A company's application that has nothing of ours but the tarball, in a temporary directory. */
export class StrangeHost {
  readonly events: ObservedEvent[] = [];
  #output = '';
  #port = 0;
  #process: ChildProcess | null = null;

  private constructor(
    readonly directory: string,
    /** What npm said. */
    readonly installation: CommandResult,
    private readonly databaseUrl: string,
  ) {}

  /** Made of the folder in `hosts/`, the tarball installed as anybody would: without flags. */
  static async install(name: string, tarball: string, databaseUrl: string): Promise<StrangeHost> {
    const directory = mkdtempSync(join(tmpdir(), `${name}-`));
    cpSync(join(HOSTS, name), directory, { recursive: true });
    cpSync(join(HOSTS, 'every-host'), join(directory, 'src'), { recursive: true });
    const installation = await runCommand(directory, ['npm', 'install', tarball], QUICK);
    return new StrangeHost(directory, installation, databaseUrl);
  }

  /** Runs a command in the host's directory. */
  run(...command: string[]): Promise<CommandResult> {
    return runCommand(this.directory, command, this.#environment);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.directory, file), text);
  }

  /** The package.json of something that is installed. */
  manifestOf(name: string): { exports: Record<string, unknown> } {
    return JSON.parse(readFileSync(join(this.directory, 'node_modules', name, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
  }

  /** Boots what was compiled, and waits until it is ready for callbacks. */
  async boot(): Promise<void> {
    const env = { ...withoutScriptSettings(process.env), ...this.#environment };
    this.#process = spawn(process.execPath, ['dist/main.js'], {
      cwd: this.directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#process;
    for (const stream of [stdout, stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
    }
    await vi.waitFor(() => expect(this.#port, this.#output).not.toBe(0), { timeout: 60_000, interval: 50 });
  }

  get<Body>(path: string): Promise<Answer<Body>> {
    return send(this.#port, path);
  }

  /** What the gateway does. */
  callback(prefix: string, query: string): Promise<Answer<never>> {
    return send(this.#port, `${prefix}/callbacks/esms/${TOKEN}?${query}`);
  }

  /** Asks the process to end, and waits until it has: what it left open would keep it. */
  async shutDown(): Promise<void> {
    if (this.#process === null || this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }

  /** What the process wrote that is no event. */
  get output(): string {
    return this.#output;
  }

  async remove(): Promise<void> {
    this.#process?.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ESMS_TOKEN: TOKEN, DATABASE_URL: this.databaseUrl };
  }

  #hear(line: string): void {
    if (line.startsWith('{"port"')) this.#port = (JSON.parse(line) as { port: number }).port;
    else if (line.startsWith('{"event"')) this.events.push(JSON.parse(line) as ObservedEvent);
    else this.#output += `${line}\n`;
  }
}
