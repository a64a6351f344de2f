import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import { lazyQuery } from './lazy-query.js';
import { PROBLEM, problemOf } from './problem.js';
import { readJson } from './read-json.js';
import { refuse } from './refused-request.js';

const NOT_FOUND = problemOf(404);

const LARGEST_BODY = 2 * 1024 * 1024;

/** A connection whose request was answered while the server closes would be kept for its whole keep-alive time. */
const IDLE_EVERY_MS = 200;
/** Longer than any answer of ours takes: what is still open then has sent half a request. */
const CLOSED_WITHIN_MS = 16_000;

/**
 * Fastify with the settings under which no callback is lost; several of its defaults lose some (measured):
 * 503 to a request that is under way while the server closes, 414 with the path in it for a long token, a HEAD that
 * runs the GET handler, a limit of 16 KB for request line and headers together, and a connection that ends after an
 * error without a word to the proxy that will send its next request on it.
 */
export function createHttpAdapter(): FastifyAdapter {
  const settings = {
    // No middleware of Nest is used here; its runner took a twentieth of our time (measured).
    skipMiddie: true,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Longer than a proxy in front keeps its connections (60 s), so that the proxy closes first.
    keepAliveTimeout: 75_000,
    connectionTimeout: 75_000,
    requestTimeout: 10_000,
    clientErrorHandler: refuse,
    bodyLimit: LARGEST_BODY,
    http: {
      headersTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 64 * 1024,
      // Node would answer 400 to a callback of HTTP/1.1 without one.
      requireHostHeader: false,
    },
    routerOptions: {
      querystringParser: lazyQuery,
      maxParamLength: 512,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      onBadUrl: (_path: string, _request: IncomingMessage, response: ServerResponse) => notFound(response),
      onMaxParamLength: (_path: string, _request: IncomingMessage, response: ServerResponse) => notFound(response),
    },
  };
  const adapter = new FastifyAdapter(settings as FastifyHttpOptions<Server>);
  adapter.useBodyParser('application/json', false, { bodyLimit: LARGEST_BODY }, (_request, body, done) => {
    done(null, readJson(body));
  });
  const fastify = adapter.getInstance();
  fastify.addHook('preClose', (done) => {
    closeConnections(fastify.server);
    done();
  });
  return adapter;
}

function closeConnections(server: Server): void {
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_EVERY_MS).unref();
  const all = setTimeout(() => server.closeAllConnections(), CLOSED_WITHIN_MS).unref();
  server.once('close', () => {
    clearInterval(idle);
    clearTimeout(all);
  });
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': PROBLEM });
  response.end(NOT_FOUND);
}
