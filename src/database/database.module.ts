import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { DATA_SOURCE, serviceDataSourceOptions } from './data-source-options.js';
import { Database } from './database.js';
import { EsmsDataSource } from './esms-data-source.js';
import { EsmsReadiness } from './esms-readiness.js';
import { GuestTransaction } from './guest-transaction.js';

/** Owns our data source, whatever data sources the host has, and by whatever names. */
@Global()
@Module({})
export class DatabaseModule {
  /** `entities`: every entity class of the data source. */
  static forRoot(entities: readonly (new () => object)[]): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          name: DATA_SOURCE,
          inject: [OPTIONS],
          useFactory: ({ database }: ResolvedOptions) => ({
            ...serviceDataSourceOptions(database, entities),
            // Once more: before 12, @nestjs/typeorm closes the data source that the factory names.
            name: DATA_SOURCE,
            // In the background, so that a database that is away never stops a boot.
            manualInitialization: true,
          }),
          dataSourceFactory: async (options) => new EsmsDataSource(options as DataSourceOptions),
        }),
      ],
      providers: [Database, GuestTransaction, EsmsReadiness],
      exports: [Database, GuestTransaction, EsmsReadiness],
    };
  }
}
