import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const PROBLEM = 'application/problem+json; charset=utf-8';
const NOT_FOUND = problemOf(404);

/**
 * Fastify with the settings under which no callback is lost; several of its defaults lose some (measured):
 * 503 to a request that is under way while the server closes, 414 with the path in it for a long token, a HEAD that
 * runs the GET handler, a limit of 16 KB for request line and headers together, and a connection that ends after an
 * error without a word to the proxy that will send its next request on it.
 */
export function createHttpAdapter(): FastifyAdapter {
  const settings = {
    return503OnClosing: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Longer than a proxy in front keeps its connections (60 s), so that the proxy closes first.
    keepAliveTimeout: 75_000,
    connectionTimeout: 75_000,
    requestTimeout: 10_000,
    bodyLimit: 2 * 1024 * 1024,
    clientErrorHandler: refuse,
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 64 * 1024 },
    routerOptions: {
      maxParamLength: 512,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      onBadUrl: (_path: string, _request: IncomingMessage, response: ServerResponse) => notFound(response),
      onMaxParamLength: (_path: string, _request: IncomingMessage, response: ServerResponse) => notFound(response),
    },
  };
  return new FastifyAdapter(settings as FastifyHttpOptions<Server>);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': PROBLEM });
  response.end(NOT_FOUND);
}

/** What Node cannot read as a request. One that came too slowly gets no status: it may be a callback, to be repeated. */
function refuse({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET' || code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy();
    return;
  }
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = problemOf(status);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    `content-type: ${PROBLEM}`,
    `content-length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function problemOf(status: number): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status });
}
