import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { describeEsms } from '../openapi.js';

/** The API's description at `/docs`, as JSON at `/docs-json`. */
export function serveDocs(app: INestApplication): void {
  describeEsms();
  const config = new DocumentBuilder()
    .setTitle('nestjs-esms')
    .setDescription('Delivery receipts of eSMS.vn: messages, their timeline, ledger, contacts and quarantine.')
    .setVersion('1')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'key')
    .addSecurityRequirements('key')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
}
