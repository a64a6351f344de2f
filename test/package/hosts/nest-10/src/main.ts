import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EsmsModule } from 'nestjs-esms';
import { ObservedEvents } from './observed-events';
import { tellPort } from './tell-port';

@Module({
  imports: [
    EsmsModule.forRoot({
      accounts: { default: { tokens: [process.env.ESMS_TOKEN ?? ''] } },
      database: { url: process.env.DATABASE_URL ?? '' },
      spool: false,
      api: {},
    }),
  ],
  providers: [ObservedEvents],
})
class AppModule {}

async function run(): Promise<void> {
  await tellPort(await NestFactory.create(AppModule, { logger: ['warn', 'error'] }));
}

void run();
