import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EsmsModule } from 'nestjs-esms';

const { ESMS_TOKEN = '', DATABASE_URL = '', SPOOL_DIRECTORY = 'esms-spool', PORT = '3000' } = process.env;

@Module({
  imports: [
    EsmsModule.forRoot({
      accounts: { default: { tokens: [ESMS_TOKEN] } },
      database: { url: DATABASE_URL },
      spool: { directory: SPOOL_DIRECTORY },
    }),
  ],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(PORT, '127.0.0.1');
