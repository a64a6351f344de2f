import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** An event as it came over the wire. */
export interface Received {
  id: string;
  type: string;
  subject: string;
  sequence?: string;
  account: string;
  data: Record<string, unknown>;
}

/** What a receiver does with a call: a status, a redirect, or no answer at all. */
export type Behaviour = number | 'hang' | { status: number; location: string };

/** Another system: verifies every call with the package of Standard Webhooks before it takes it. */
export class WebhookReceiver {
  /** What it took, in the order of coming. */
  readonly taken: Received[] = [];
  /** The texts of all calls, taken or not. */
  readonly bodies: string[] = [];
  /** What was wrong with calls that it did not believe. */
  readonly disbelieved: string[] = [];
  /** The secrets that it believes. */
  secrets: string[] = [];
  behave: (event: Received) => Behaviour = () => 204;
  connections = 0;
  calls = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.up();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  /** On the port that it had before. */
  async up(): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response));
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    const closed = new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.calls += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    this.bodies.push(body);
    const event = this.#verified(body, request.headers as Record<string, string>);
    const behaviour = event === null ? 401 : this.behave(event);
    if (behaviour === 'hang') return;
    if (typeof behaviour === 'object') {
      response.writeHead(behaviour.status, { location: behaviour.location }).end();
      return;
    }
    if (event !== null && behaviour < 300) this.taken.push(event);
    response.writeHead(behaviour).end(behaviour < 300 ? '' : 'not now');
  }

  #verified(body: string, headers: Record<string, string>): Received | null {
    for (const secret of this.secrets) {
      try {
        const event = new Webhook(secret).verify(body, headers) as Received;
        if (headers['webhook-id'] === event.id) return event;
      } catch (error) {
        this.disbelieved.push((error as Error).message);
      }
    }
    return null;
  }
}
