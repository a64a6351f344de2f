import { Module } from '@nestjs/common';
import { EsmsModule, type EsmsOptions } from 'nestjs-esms';
import { ObservedEvents } from './observed-events';

@Module({
  imports: [
    EsmsModule.forRootAsync({
      useFactory: (): EsmsOptions => ({
        accounts: { default: { tokens: [process.env.ESMS_TOKEN ?? ''] } },
        database: { url: process.env.DATABASE_URL ?? '' },
        spool: false,
      }),
      api: {},
    }),
  ],
  providers: [ObservedEvents],
})
export class AppModule {}
