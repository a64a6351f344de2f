import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { vi } from 'vitest';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { absenceOf, ServerProcess } from './server-process.js';

/** The script behind the one on the PATH, which changes to a user of its own where it is called by root. */
const SCRIPT = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Why no RabbitMQ can be started here; null where it can. */
export const RABBITMQ_ABSENT = absenceOf(SCRIPT) ?? absenceOf('epmd') ?? absenceOf('amqp-consume');

/** A RabbitMQ with everything of its own: ports, files, cookie, name daemon. */
export class RabbitMqServer {
  #server: ServerProcess | null = null;

  private constructor(
    private readonly directory: string,
    private readonly names: ServerProcess,
    private readonly environment: NodeJS.ProcessEnv,
    readonly url: string,
  ) {}

  static async start(): Promise<RabbitMqServer> {
    const directory = mkdtempSync(join(tmpdir(), 'rabbitmq-'));
    const [port, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
    writeFileSync(join(directory, 'plugins'), '[].');
    writeFileSync(join(directory, 'rabbitmq.conf'), 'log.file = false\n');
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
    const server = new RabbitMqServer(directory, names, environment, `amqp://guest:guest@127.0.0.1:${port}`);
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
    const answers = async (): Promise<void> => {
      if (!server.isAlive) throw new Error('RabbitMQ ended while it started');
      await (await connect(this.url)).close();
    };
    await vi.waitFor(answers, { timeout: 60_000, interval: 100 });
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.names.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}
