import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { EsmsModule, type EsmsOptions } from 'nestjs-esms';
import { describeEsms } from 'nestjs-esms/openapi';
import { ObservedEvents } from './observed-events.js';
import { tellPort } from './tell-port.js';

/** Secrets that come late, as from a vault. */
@Injectable()
class Secrets {
  async load(): Promise<{ token: string; url: string }> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { token: process.env['ESMS_TOKEN'] ?? '', url: process.env['DATABASE_URL'] ?? '' };
  }
}

@Module({ providers: [Secrets], exports: [Secrets] })
class SecretsModule {}

@Module({
  imports: [
    EsmsModule.forRootAsync({
      imports: [SecretsModule],
      inject: [Secrets],
      useFactory: async (secrets: Secrets): Promise<EsmsOptions> => {
        const { token, url } = await secrets.load();
        return { accounts: { default: { tokens: [token] } }, database: { url }, spool: false };
      },
      api: {},
    }),
  ],
  providers: [ObservedEvents],
})
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
});
describeEsms();
const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
if (document.paths['/messages/{smsId}'] === undefined) throw new Error('the document lacks our routes');
await tellPort(app);
