import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { describeEsms } from '../openapi.js';

/** Where the page is; the document is at the same with `-json` or `-yaml` behind it. */
export const DOCS_PATH = 'docs';

/** The API's description at `/docs`, as JSON at `/docs-json`. */
export function serveDocs(app: INestApplication): void {
  describeEsms();
  const config = new DocumentBuilder()
    .setTitle('nestjs-esms')
    .setDescription(
      'Delivery receipts of eSMS.vn: messages, their timeline, ledger, contacts and quarantine. Ids and money are texts, ' +
        'times are UTC, what is not known is null.',
    )
    .setVersion('1')
    .addTag('messages', 'What became of each message, and registering them')
    .addTag('billing', 'What the gateway charges')
    .addTag('crm', 'The people that messages went to')
    .addTag('quarantine', 'Callbacks that name no message')
    .addTag('events', 'The event log, for systems that ask')
    .addTag('webhooks', 'Calls of other systems with events')
    .addTag('callbacks', 'Where the gateway calls')
    .addTag('health', 'For load balancers')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'key')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'API key', description: 'The same API key.' },
      'bearer',
    )
    .addSecurityRequirements('key')
    .addSecurityRequirements('bearer')
    .build();
  SwaggerModule.setup(DOCS_PATH, app, () => SwaggerModule.createDocument(app, config));
}
