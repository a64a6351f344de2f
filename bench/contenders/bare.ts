import { fastify } from 'fastify';
import type { RunningContender } from '../contender-process.js';
import { HOST, ROUTE } from './callback-route.js';
import { listeningPort } from './listening-port.js';

/** The least a Fastify service can do. */
export async function startBare(): Promise<RunningContender> {
  const app = fastify();
  app.get(`/${ROUTE}`, async () => 'OK');
  await app.listen({ port: 0, host: HOST });
  return { port: listeningPort(app.server), close: () => app.close() };
}
