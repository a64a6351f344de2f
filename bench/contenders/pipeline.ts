import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createHttpAdapter } from '../../src/app/http-adapter.js';
import { Database } from '../../src/database/database.js';
import { tablesIn } from '../../src/database/tables.js';
import { EsmsModule } from '../../src/index.js';
import type { RunningContender } from '../contender-process.js';
import { HOST, TOKEN } from './callback-route.js';
import { listeningPort } from './listening-port.js';

const NOBODY_LISTENS = 'postgres://nobody@127.0.0.1:1/none';

/** Ready at once; a transaction does nothing and ends at once. */
const ABSENT_DATABASE = {
  tables: tablesIn('esms'),
  isReady: true,
  answers: async () => true,
  whenReady: async () => undefined,
  ingest: async <Result>() => 0 as Result,
} satisfies Partial<Database>;

/** Our application with everything before the database and nothing after it. */
export async function startPipeline(): Promise<RunningContender> {
  const module = EsmsModule.forRoot({
    accounts: { default: { tokens: [TOKEN] } },
    database: { url: NOBODY_LISTENS },
    spool: false,
    billing: false,
    crm: false,
    dispatcher: false,
  });
  const compiled = await Test.createTestingModule({ imports: [module] })
    .overrideProvider(Database)
    .useValue(ABSENT_DATABASE)
    .compile();
  const app = compiled.createNestApplication<NestFastifyApplication>(createHttpAdapter(), {
    logger: ['error', 'fatal'],
  });
  await app.listen(0, HOST);
  return { port: listeningPort(app.getHttpServer()), close: () => app.close() };
}
