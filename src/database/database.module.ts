import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { ResolvedOptions } from '../config/options.js';
import { OPTIONS } from '../config/tokens.js';
import { DATA_SOURCE, serviceDataSourceOptions } from './data-source-options.js';
import { Database } from './database.js';
import { GuestTransaction } from './guest-transaction.js';

/** Owns our named data source, whatever default one the host has. */
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
            manualInitialization: true,
          }),
        }),
      ],
      providers: [Database, GuestTransaction],
      exports: [Database, GuestTransaction, TypeOrmModule],
    };
  }
}
