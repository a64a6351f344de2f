import { ConfigurableModuleBuilder, type DynamicModule, Global, Module } from '@nestjs/common';
import { SystemClock } from '../domain/clock.js';
import type { EsmsOptions, EsmsStructure } from './options.js';
import { resolveOptions, resolveStructure } from './resolve-options.js';
import { CLOCK, OPTIONS, STRUCTURE } from './tokens.js';

const GIVEN = Symbol.for('nestjs-esms:given-options');

const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } = new ConfigurableModuleBuilder<EsmsOptions>({
  optionsInjectionToken: GIVEN,
})
  .setClassMethodName('forRoot')
  .setExtras<EsmsStructure>(
    {},
    (definition, structure): DynamicModule => ({
      ...definition,
      providers: [
        ...(definition.providers ?? []),
        { provide: OPTIONS, useFactory: resolveOptions, inject: [GIVEN] },
        { provide: STRUCTURE, useValue: resolveStructure(structure) },
        { provide: CLOCK, useClass: SystemClock },
      ],
      exports: [OPTIONS, STRUCTURE, CLOCK],
    }),
  )
  .build();

/** What `forRoot` takes. */
export type EsmsRootOptions = typeof OPTIONS_TYPE;

/** What `forRootAsync` takes: the structure at once, the values from a factory. */
export type EsmsRootAsyncOptions = typeof ASYNC_OPTIONS_TYPE;

/** Gives options, structure and clock to every module of ours. */
@Global()
@Module({})
export class OptionsModule extends ConfigurableModuleClass {}
