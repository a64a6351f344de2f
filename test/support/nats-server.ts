import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NodeConnectionOptions } from '@nats-io/transport-node';

import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import type { Certificate } from './certificate.js';
import { eventually } from './eventually.js';
import { absenceOf, ServerProcess } from './server-process.js';

/** Why no NATS can be started here; null where it can. */
export const NATS_ABSENT = absenceOf('nats-server') ?? absenceOf('python3');

/** A NATS with JetStream, and a port and a folder of its own. */
export class NatsServer {
  #server: ServerProcess | null = null;

  private constructor(
    private readonly directory: string,
    readonly port: number,
    private readonly certificate: Certificate | null,
  ) {}

  /** With TLS where a certificate is given, and then by no other way. */
  static async start(certificate: Certificate | null = null): Promise<NatsServer> {
    const server = new NatsServer(mkdtempSync(join(tmpdir(), 'nats-')), await freePort(), certificate);
    await server.resume();
    return server;
  }

  get url(): string {
    return this.certificate === null ? `nats://127.0.0.1:${this.port}` : `tls://localhost:${this.port}`;
  }

  /** How a test connects to it. */
  get place(): NodeConnectionOptions {
    const { certificate, port } = this;
    if (certificate === null) return { servers: this.url };
    return { servers: `localhost:${port}`, tls: { caFile: certificate.file } };
  }

  /** As if the power had gone. */
  async kill(): Promise<void> {
    await this.#server?.stop('SIGKILL');
  }

  /** Starts it with the data it had. */
  async resume(): Promise<void> {
    const { certificate } = this;
    const tls = certificate === null ? [] : ['--tls', '--tlscert', certificate.file, '--tlskey', certificate.key];
    const parameters = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.directory, ...tls];
    this.#server = ServerProcess.start('nats-server', parameters, { PATH: process.env['PATH'] });
    const answers = async (): Promise<void> => (await connect({ ...this.place, reconnect: false })).close();
    await eventually(answers);
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
