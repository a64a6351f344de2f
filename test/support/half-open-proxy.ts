import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy in front of PostgreSQL that can swallow what goes over the connections of one application alone. */
export class HalfOpenProxy {
  /** While true, those connections are taken and stay open, and nothing comes through. */
  isDead = false;
  /** How many connections there were. */
  connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly listener: Server,
    private readonly target: URL,
    private readonly application: string,
  ) {
    listener.on('connection', (client: Socket) => this.#accept(client));
  }

  static async start(url: string, application: string): Promise<HalfOpenProxy> {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new HalfOpenProxy(listener, new URL(url), application);
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.listener.address() as AddressInfo).port);
    return url.href;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.listener.close();
    await once(this.listener, 'close');
  }

  /** The application's name stands in the first packet; what was swallowed once stays lost. */
  #accept(client: Socket): void {
    this.connections += 1;
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    let isIts: boolean | null = null;
    let isLost = false;
    const passes = (): boolean => {
      isLost ||= isIts === true && this.isDead;
      return !isLost;
    };
    client.on('data', (bytes: Buffer) => {
      isIts ??= bytes.includes(this.application);
      if (passes()) server.write(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      if (passes()) client.write(bytes);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (!isLost) other.destroy();
      });
    }
  }
}
