import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { eventually } from './eventually.js';
import { type Answer, type Asked, send } from './service.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The service as it is shipped, compiled into a folder of its own: nobody's `dist` is touched. */
export class ServiceBuild {
  private constructor(readonly folder: string) {}

  /** Types are checked elsewhere. */
  static async make(): Promise<ServiceBuild> {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-esms-build-'));
    const info = join(folder, 'build.json');
    const options = ['--noCheck', '--declaration', 'false', '--outDir', folder, '--tsBuildInfoFile', info];
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.build.json'), ...options]);
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    return new ServiceBuild(folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The service in a process of its own, with nothing in its environment but what it is given. */
export class ServiceProcess {
  /** Everything it wrote, to either stream. */
  output = '';
  readonly ended: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (this.output += text));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** Started, which is not yet ready; at the `PORT` that the environment names, else at a free one. */
  static async spawn({ folder }: ServiceBuild, environment: Record<string, string>): Promise<ServiceProcess> {
    const port = Number(environment['PORT'] ?? (await freePort()));
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [join(folder, 'main.js')], {
      cwd: folder,
      env: { PATH, HOME, PORT: String(port), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(child, port);
  }

  /** Started and ready. */
  static async start(build: ServiceBuild, environment: Record<string, string>): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn(build, environment);
    const isReady = async () => {
      const { status } = await service.send('/health/ready');
      if (status !== 200) throw new Error(`not ready: ${status}\n${service.output}`);
    };
    try {
      await eventually(isReady);
    } catch (error) {
      await service.kill();
      throw new Error(`the service did not start: ${service.output}`, { cause: error });
    }
    return service;
  }

  send<Body = Record<string, unknown>>(path: string, asked: Asked = {}): Promise<Answer<Body>> {
    return send(this.port, path, asked);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** SIGTERM; gives the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}
