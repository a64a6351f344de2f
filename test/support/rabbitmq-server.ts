import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import type { Certificate } from './certificate.js';
import { absenceOf, ServerProcess } from './server-process.js';

/** The script behind the one on the PATH, which changes to a user of its own where it is called by root. */
const SCRIPT = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Why no RabbitMQ can be started here; null where it can. */
export const RABBITMQ_ABSENT = absenceOf(SCRIPT) ?? absenceOf('epmd');

const PATIENCE_MS = 60_000;
const PAUSE_MS = 100;

/** A RabbitMQ with everything of its own: ports, files, cookie, name daemon. */
export class RabbitMqServer {
  #server: ServerProcess | null = null;

  private constructor(
    private readonly directory: string,
    private readonly names: ServerProcess,
    private readonly environment: NodeJS.ProcessEnv,
    readonly url: string,
    /** The same by TLS; null without a certificate. */
    readonly tlsUrl: string | null,
  ) {}

  /** With its files in a new folder of that one; with a port for TLS too where a certificate is given. */
  static async start(parent = tmpdir(), certificate: Certificate | null = null): Promise<RabbitMqServer> {
    const directory = mkdtempSync(join(parent, 'rabbitmq-'));
    const [port, tlsPort] = [await freePort(), await freePort()];
    const [distribution, epmd] = [await freePort(), await freePort()];
    writeFileSync(join(directory, 'plugins'), '[].');
    writeFileSync(join(directory, 'rabbitmq.conf'), configurationOf(tlsPort, certificate));
    const environment = {
      PATH: process.env['PATH'],
      // For the cookie of Erlang, which each user has one of.
      HOME: directory,
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `esms-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: join(directory, 'data'),
      RABBITMQ_LOG_BASE: join(directory, 'log'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
      RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
      // The node itself in place of the script, so that a signal reaches it.
      RUNNING_UNDER_SYSTEMD: 'yes',
    };
    const names = ServerProcess.start('epmd', ['-port', String(epmd), '-address', '127.0.0.1'], environment);
    const tlsUrl = certificate === null ? null : `amqps://guest:guest@localhost:${tlsPort}`;
    const server = new RabbitMqServer(directory, names, environment, `amqp://guest:guest@127.0.0.1:${port}`, tlsUrl);
    await server.resume();
    return server;
  }

  /** As if the power had gone. */
  async kill(): Promise<void> {
    await this.#server?.stop('SIGKILL');
  }

  /** Starts it with the data it had. */
  async resume(): Promise<void> {
    const server = ServerProcess.start(SCRIPT, [], this.environment);
    this.#server = server;
    const patientUntil = Date.now() + PATIENCE_MS;
    while (!(await this.#answers())) {
      if (!server.isAlive) throw new Error('RabbitMQ ended while it started');
      if (Date.now() > patientUntil) throw new Error('RabbitMQ does not answer');
      await sleep(PAUSE_MS);
    }
  }

  /** The id of its process; undefined where it does not run. */
  get pid(): number | undefined {
    return this.#server?.pid;
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.names.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      await (await connect(this.url)).close();
      return true;
    } catch {
      return false;
    }
  }
}

function configurationOf(tlsPort: number, certificate: Certificate | null): string {
  const tls =
    certificate === null
      ? []
      : [
          `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
          `ssl_options.cacertfile = ${certificate.file}`,
          `ssl_options.certfile = ${certificate.file}`,
          `ssl_options.keyfile = ${certificate.key}`,
        ];
  return ['log.file = false', ...tls, ''].join('\n');
}
