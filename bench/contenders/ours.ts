import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpAdapter } from '../../src/app/http-adapter.js';
import { Database } from '../../src/database/database.js';
import { EsmsModule, type EsmsOptions, type EsmsStructure } from '../../src/index.js';
import type { RunningContender } from '../contender-process.js';
import { HOST, TOKEN } from './callback-route.js';
import { listeningPort } from './listening-port.js';

/** Our module on the service's own HTTP adapter; it has no spool, so what it answers is in the database. */
export async function startOurs(
  url: string,
  structure: EsmsStructure,
  relays: NonNullable<EsmsOptions['relays']> = {},
): Promise<RunningContender> {
  const accounts = { default: { tokens: [TOKEN] } };
  const module = EsmsModule.forRoot({ accounts, database: { url }, spool: false, relays, ...structure });
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(), {
    logger: ['warn', 'error', 'fatal'],
  });
  await app.listen(0, HOST);
  await app.get(Database).whenReady();
  return { port: listeningPort(app.getHttpServer()), close: () => app.close() };
}
