import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { type Answer, type Asked, send } from '../support/service.js';
import { type CommandResult, runCommand, withoutScriptSettings } from './run-command.js';

const HOSTS = fileURLToPath(new URL('hosts/', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const TOKEN = 'token-of-the-strange-host';

/** What the staff of the examples' company sends. */
export const STAFF_KEY = 'key-of-the-staff';

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

  /** Made of a folder in `hosts/`. */
  static install(name: string, tarball: string, databaseUrl: string): Promise<StrangeHost> {
    const sources = { [join(HOSTS, name)]: '.', [join(HOSTS, 'every-host')]: 'src' };
    return StrangeHost.#made(sources, tarball, databaseUrl);
  }

  /** Made of `examples/`. */
  static installExamples(tarball: string, databaseUrl: string): Promise<StrangeHost> {
    return StrangeHost.#made({ [EXAMPLES]: '.' }, tarball, databaseUrl);
  }

  /** The tarball is installed as anybody would: without flags. */
  static async #made(
    sources: Readonly<Record<string, string>>,
    tarball: string,
    databaseUrl: string,
  ): Promise<StrangeHost> {
    if (existsSync(join(tmpdir(), 'node_modules'))) {
      throw new Error(`hosts in ${tmpdir()} would find what is in its node_modules: set TMPDIR to another folder`);
    }
    const directory = mkdtempSync(join(tmpdir(), 'nestjs-esms-host-'));
    const isSource = (path: string): boolean => !/\/(node_modules|dist)$/.test(path);
    for (const [from, to] of Object.entries(sources)) {
      cpSync(from, join(directory, to), { recursive: true, filter: isSource });
    }
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

  /** Boots what was compiled, and waits until it tells its port, ready for callbacks. */
  async boot(): Promise<void> {
    this.#start('dist/main.js', {});
    await vi.waitFor(() => expect(this.#port, this.#output).not.toBe(0), { timeout: 60_000, interval: 50 });
  }

  /** Boots what tells nothing, and waits until a path is answered with a status. */
  async bootQuiet(main: string, path: string, status: number): Promise<void> {
    this.#port = await freePort();
    this.#start(main, { PORT: String(this.#port), STAFF_KEY });
    const isThere = async (): Promise<void> => expect((await this.get(path)).status, this.#output).toBe(status);
    await vi.waitFor(isThere, { timeout: 60_000, interval: 50 });
  }

  #start(main: string, environment: NodeJS.ProcessEnv): void {
    const env = { ...withoutScriptSettings(process.env), ...this.#environment, ...environment };
    this.#process = spawn(process.execPath, [main], { cwd: this.directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.#process;
    for (const stream of [stdout, stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
    }
  }

  get<Body>(path: string, asked: Asked = {}): Promise<Answer<Body>> {
    return send(this.#port, path, asked);
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
