import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { vi } from 'vitest';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { absenceOf, ServerProcess } from './server-process.js';

/** Why no NATS can be started here; null where it can. */
export const NATS_ABSENT = absenceOf('nats-server') ?? absenceOf('python3');

/** A NATS with JetStream, and a port and a folder of its own. */
export class NatsServer {
  #server: ServerProcess | null = null;

  private constructor(
    private readonly directory: string,
    readonly port: number,
  ) {}

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(mkdtempSync(join(tmpdir(), 'nats-')), await freePort());
    await server.resume();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** As if the power had gone. */
  async kill(): Promise<void> {
    await this.#server?.stop('SIGKILL');
  }

  /** Starts it with the data it had. */
  async resume(): Promise<void> {
    const parameters = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.directory];
    this.#server = ServerProcess.start('nats-server', parameters, { PATH: process.env['PATH'] });
    const answers = async (): Promise<void> => (await connect({ servers: this.url, reconnect: false })).close();
    await vi.waitFor(answers, { timeout: 10_000, interval: 50 });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
