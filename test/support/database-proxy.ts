import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `pass`: as if it were not there. `refuse`: every connection is reset. `black-hole`: connections are taken and bytes
 * swallowed, both ways, as behind a dead cable. `slow`: every piece is delayed. `drop-after-commit`: a COMMIT arrives,
 * its reply does not, and the connection is reset.
 */
export type ProxyMode = 'pass' | 'refuse' | 'black-hole' | 'slow' | 'drop-after-commit';

/** The end of a simple query that commits, as `pg` and TypeORM send it. */
const COMMIT = /commit\0/i;

interface Pair {
  client: Socket;
  server: Socket;
  /** Bytes were swallowed: the two ends no longer agree, so it cannot be healed. */
  spoilt: boolean;
  /** A COMMIT was sent on whose reply is to be lost. */
  losing: boolean;
}

/** A TCP proxy in front of PostgreSQL, whose faults are switched on and off while it runs. */
export class DatabaseProxy {
  #mode: ProxyMode = 'pass';
  #delayMs = 0;
  readonly #pairs = new Set<Pair>();
  /** How many replies to a COMMIT it kept to itself. */
  lostCommits = 0;
  /** How many connections there were, refused ones among them. */
  connections = 0;

  private constructor(
    private readonly listener: Server,
    private readonly target: URL,
  ) {
    listener.on('connection', (client: Socket) => this.#accept(client));
  }

  /** `url`: the database it stands before. */
  static async start(url: string): Promise<DatabaseProxy> {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new DatabaseProxy(listener, new URL(url));
  }

  /** The database's URL by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.listener.address() as AddressInfo).port);
    return url.href;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  /** @param delayMs of every piece in mode `slow` */
  set(mode: ProxyMode, delayMs = 0): void {
    this.#mode = mode;
    this.#delayMs = delayMs;
    for (const pair of this.#pairs) if (mode === 'refuse' || pair.spoilt) this.#reset(pair);
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) this.#reset(pair);
    this.listener.close();
    await once(this.listener, 'close');
  }

  #accept(client: Socket): void {
    this.connections += 1;
    client.on('error', () => undefined);
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    const pair: Pair = { client, server, spoilt: false, losing: false };
    this.#pairs.add(pair);
    server.on('error', () => this.#reset(pair));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('close', () => this.#end(pair));
    }
    client.on('data', (bytes) => this.#forward(pair, server, bytes));
    server.on('data', (bytes) => this.#forward(pair, client, bytes));
  }

  #forward(pair: Pair, to: Socket, bytes: Buffer): void {
    if (this.#mode === 'black-hole' || pair.spoilt) {
      pair.spoilt = true;
      return;
    }
    if (pair.losing && to === pair.client) {
      this.lostCommits += 1;
      this.#reset(pair);
      return;
    }
    if (this.#mode === 'drop-after-commit' && to === pair.server) pair.losing = COMMIT.test(bytes.toString('latin1'));
    if (this.#mode === 'slow') setTimeout(() => write(to, bytes), this.#delayMs);
    else write(to, bytes);
  }

  /** One end left; what it sent before still arrives, but for in a black hole, where nobody learns of anything. */
  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.end();
    pair.server.end();
  }

  #reset(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.destroy();
  }
}

function write(socket: Socket, bytes: Buffer): void {
  if (socket.writable) socket.write(bytes);
}
