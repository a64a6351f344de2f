import type { LoggerService } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type AppOptions } from './app.module.js';
import { createHttpAdapter } from './http-adapter.js';
import { askKeysBeforeBodies, askKeysBeforeDocs } from './keys-first.js';
import { ProblemFilter } from './problem.filter.js';
import { serveDocs } from './serve-docs.js';

/** The service, ready to listen; the entry point and the tests both make it here, each with a log of its own. */
export async function createApp(options: AppOptions, logger: LoggerService): Promise<NestFastifyApplication> {
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
