import { ConsoleLogger, type LoggerService } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type AppOptions } from './app.module.js';
import { createHttpAdapter } from './http-adapter.js';
import { askKeysBeforeBodies, askKeysBeforeDocs } from './keys-first.js';
import { ProblemFilter } from './problem.filter.js';
import { serveDocs } from './serve-docs.js';

/** The service, ready to listen; the entry point and the tests both make it here, which keep its log to themselves. */
export async function createApp(
  options: AppOptions,
  logger: LoggerService = new ConsoleLogger({ json: true, logLevels: ['log', 'warn', 'error', 'fatal'] }),
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(options), createHttpAdapter(), {
    logger,
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
  askKeysBeforeBodies(app);
  if (options.docsNeedKey === true) askKeysBeforeDocs(app);
  serveDocs(app);
  return app;
}
