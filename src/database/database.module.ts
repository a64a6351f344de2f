import { type DynamicModule, Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { DATA_SOURCE, serviceDataSourceOptions } from './data-source-options.js';
import { Database } from './database.js';
import { GuestTransaction } from './guest-transaction.js';

/** Owns our data source, whatever data sources the host has, and by whatever names. */
@Global()
@Module({})
export class DatabaseModule {
  /** `entities`: every entity class of the data source. */
  static forRoot(entities: readonly (new () => object)[]): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        {
          provide: DATA_SOURCE,
          inject: [OPTIONS],
          // Not initialized: that is done in the background, so that a database that is away never stops a boot.
          useFactory: ({ database }: ResolvedOptions) => new DataSource(serviceDataSourceOptions(database, entities)),
        },
        Database,
        GuestTransaction,
      ],
      exports: [Database, GuestTransaction],
    };
  }
}
