import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type DynamicModule,
  Global,
  Module,
} from '@nestjs/common';
import { SystemClock } from '../domain/clock.js';
import { Accounts } from './accounts.js';
import type { EsmsOptions, EsmsStructure } from './options.js';
import { resolveOptions, resolveStructure } from './resolve-options.js';
import { STRUCTURE_NAMES } from './structure-problems.js';
import { CLOCK, OPTIONS, STRUCTURE, WEBHOOKS } from './tokens.js';

const GIVEN = Symbol.for('nestjs-esms:given-options');

/** Names what is no part of the values, for the builder. */
const NO_STRUCTURE = Object.fromEntries(STRUCTURE_NAMES.map((name) => [name, undefined])) as EsmsStructure;

/** The builder hands over everything that was given, in some versions the values and the factory too. */
function structureIn(given: EsmsStructure): EsmsStructure {
  return Object.fromEntries(STRUCTURE_NAMES.map((name) => [name, given[name]]));
}

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<EsmsOptions>({
  optionsInjectionToken: GIVEN,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createEsmsOptions')
  .setExtras<EsmsStructure>(NO_STRUCTURE, (definition, given): DynamicModule => {
    const structure = structureIn(given);
    return {
      ...definition,
      providers: [
        ...(definition.providers ?? []),
        { provide: OPTIONS, useFactory: (values: EsmsOptions) => resolveOptions(values, structure), inject: [GIVEN] },
        { provide: STRUCTURE, useValue: resolveStructure(structure) },
        { provide: WEBHOOKS, useValue: resolveStructure(structure).webhooks },
        { provide: CLOCK, useClass: SystemClock },
        Accounts,
      ],
      exports: [OPTIONS, STRUCTURE, WEBHOOKS, CLOCK, Accounts],
    };
  })
  .build();

/** What `forRoot` takes. */
export type EsmsRootOptions = EsmsOptions & EsmsStructure;

/** What `forRootAsync` takes: the structure at once, the values from a factory, or from an {@link EsmsOptionsFactory}. */
export type EsmsRootAsyncOptions = ConfigurableModuleAsyncOptions<EsmsOptions, 'createEsmsOptions'> & EsmsStructure;

/** Gives options, structure and clock to every module of ours. */
@Global()
@Module({})
export class OptionsModule extends ConfigurableModuleClass {}
