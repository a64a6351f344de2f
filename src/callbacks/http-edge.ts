import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CallbackRoute } from './callback-route.js';
import { MalformedRequests, type Refuse, type RefusedRequest } from './malformed-requests.js';

/** Fastify, as far as it is asked here. */
interface FastifyInstance {
  addHook(name: 'onListen', hook: (done: () => void) => void): unknown;
}

/** Another status than 400 that Node gives to what it refuses. */
const STATUSES: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Stands between Node's HTTP server and the framework on it, where callbacks would be lost before any route sees them:
 * under an address that the router takes for another one, in a request that the parser refuses, and with an expectation
 * that Node does not meet. What is not ours goes on as if this were not here.
 */
@Injectable()
export class HttpEdge implements OnModuleInit {
  /** The answer to the latest request of each connection. */
  readonly #last = new WeakMap<Socket, ServerResponse>();

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly route: CallbackRoute,
    private readonly malformed: MalformedRequests,
  ) {}

  /** A worker has no adapter; what an adapter has is no server of HTTP/1 in every case. */
  onModuleInit(): void {
    const { httpAdapter } = this.adapterHost;
    if (!httpAdapter) return;
    this.#attach(httpAdapter.getHttpServer() as Server);
    if (httpAdapter.getType() === 'fastify') this.#attachToOthers(httpAdapter.getInstance<FastifyInstance>());
  }

  #attach(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      request.url = this.route.plainTarget(request.url ?? '');
      this.#last.set(request.socket, response);
    });
    if (server.listenerCount('checkExpectation') === 0) {
      server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    }
    const refuse = refusalBy(server);
    server.removeAllListeners('clientError');
    server.on('clientError', (error, socket) => {
      void this.malformed.handle(error, socket as Socket, this.#last.get(socket as Socket), refuse);
    });
  }

  /** Fastify has one more server for each further address of `localhost`, which it makes when it listens. */
  #attachToOthers(fastify: FastifyInstance): void {
    fastify.addHook('onListen', (done) => {
      const symbol = Object.getOwnPropertySymbols(fastify).find(
        (each) => each.description === 'fastify.serverBindings',
      );
      const servers = symbol === undefined ? [] : (Reflect.get(fastify, symbol) as Server[]);
      for (const server of servers) this.#attach(server);
      done();
    });
  }
}

/** What the server did so far: its own listeners, or else what Node does. */
function refusalBy(server: Server): Refuse {
  const listeners = server.listeners('clientError') as Refuse[];
  if (listeners.length === 0) return refuseAsNode;
  return (error, socket) => {
    for (const listener of listeners) listener.call(server, error, socket);
  };
}

function refuseAsNode(error: RefusedRequest, socket: Socket): void {
  const status = STATUSES[error.code ?? ''] ?? 400;
  if (socket.writable) socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  socket.destroy(error);
}
