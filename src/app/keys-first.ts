import { NotFoundException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { ApiKeys } from '../index.js';
import { DOCS_PATH } from './serve-docs.js';

/** Fastify reads the body of no other. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Asks for the key before a body is read: Fastify reads and parses it before any guard of Nest, so that whoever knows no
 * key could make us hold 2 MB for each request. To be called before the routes are made.
 */
export function askKeysBeforeBodies(app: NestFastifyApplication): void {
  const keys = app.get(ApiKeys, { strict: false });
  const needsKey = (request: FastifyRequest): Error | undefined => {
    if (WITHOUT_BODY.has(request.method)) return undefined;
    const refusal = refusalOf(keys, request);
    // Without a key all that is no route looks the same, the callback route's other methods among it.
    return refusal !== undefined && request.is404 ? new NotFoundException() : refusal;
  };
  fastifyOf(app).addHook('onRequest', (request, _reply, done) => done(needsKey(request)));
}

/** Puts the description of the API, and the page that shows it, behind the key. To be called before they are served. */
export function askKeysBeforeDocs(app: NestFastifyApplication): void {
  const keys = app.get(ApiKeys, { strict: false });
  const ask: onRequestHookHandler = (request, _reply, done) => done(refusalOf(keys, request));
  fastifyOf(app).addHook('onRoute', (route) => {
    if (!route.url.startsWith(`/${DOCS_PATH}`)) return;
    route.onRequest = [ask, ...[route.onRequest ?? []].flat()];
  });
}

function fastifyOf(
  app: NestFastifyApplication,
): ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']> {
  return app.getHttpAdapter().getInstance();
}

function refusalOf(keys: ApiKeys, request: FastifyRequest): Error | undefined {
  try {
    keys.identify(request);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
