import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { CallbackController } from './callbacks/callback.controller.js';
import { trimmed } from './callbacks/callback-address.js';
import { type ApplicationConfig, applicationConfigOf, isOutsidePrefix } from './callbacks/callback-path.js';
import type { HostDecorator, ResolvedOptions, ResolvedStructure } from './config/options.js';
import { OPTIONS, STRUCTURE } from './config/tokens.js';
import { decorated } from './decorated.js';
import { EsmsError } from './domain/errors.js';

/** Nest's own metadata on a class (guards, interceptors…): none of it lets a request past a global guard. */
const OF_NEST = /^__.*__$/;

/** Looks at boot whether the callback route gets through the host around it, and the API does not get too far. */
@Injectable()
export class HostCheck implements OnModuleInit {
  readonly #logger = new Logger('EsmsModule');

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
  ) {}

  /** A worker has no adapter, and no routes. Throws `options_invalid` where nobody would find the callback route. */
  onModuleInit(): void {
    if (!this.adapterHost.httpAdapter) return;
    const config = applicationConfigOf(this.moduleRef);
    if (config === undefined) return;
    this.#demandPrefix(config);
    const guards = globalGuards(config);
    this.#warnOfGuards(guards);
    this.#warnOfOpenApi(guards);
    this.#warnOfFastify();
  }

  #demandPrefix(config: ApplicationConfig): void {
    const prefix = trimmed(config.getGlobalPrefix());
    const { publicUrl } = this.options;
    if (publicUrl === null || prefix === '' || isOutsidePrefix(config, this.structure.path)) return;
    const path = trimmed(new URL(publicUrl).pathname);
    if (path === prefix || path.endsWith(`/${prefix}`)) return;
    const problem = `publicUrl: must end with the global prefix of the application, /${prefix}`;
    throw new EsmsError('options_invalid', `nestjs-esms cannot start:\n- ${problem}`, { problems: [problem] });
  }

  #warnOfGuards(guards: readonly string[]): void {
    const { callbacks, health } = this.structure;
    this.#warnOfFewer(guards, 'callbacks', callbacks.decorators, 'the callbacks of the gateway, which are then lost');
    if (health === false) return;
    this.#warnOfFewer(
      guards,
      'health',
      health.decorators,
      'a load balancer that asks /health, which then sends nothing',
    );
  }

  /** Which decorator speaks to which guard nobody can see; that there are fewer of them than guards, everybody can. */
  #warnOfFewer(guards: readonly string[], option: string, decorators: readonly HostDecorator[], whom: string): void {
    const said = metadataOf(decorators);
    if (said.length >= guards.length) return;
    const has = said.length === 0 ? 'nothing' : said.join(', ');
    for (const guard of guards) {
      this.#logger.warn(
        `global guard ${guard} may refuse ${whom}: give ${option}.decorators what lets them through, ` +
          `for each global guard (there is ${has})`,
      );
    }
  }

  /** While it closes, Fastify answers 503 to what still comes on connections that are open, before anything of ours. */
  #warnOfFastify(): void {
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter.getType() !== 'fastify') return;
    const options = fastifyOptions(httpAdapter.getInstance<object>());
    if (options === null || options.return503OnClosing === false) return;
    this.#logger.warn(
      'callbacks that come while the application stops are answered 503 by Fastify, and lost: ' +
        'give new FastifyAdapter({ return503OnClosing: false })',
    );
  }

  #warnOfOpenApi(guards: readonly string[]): void {
    const { api } = this.structure;
    if (api === false || api.decorators.length > 0) return;
    const whom = guards.length === 0 ? 'everybody' : `everybody whom the global guards (${guards.join(', ')}) let in`;
    this.#logger.warn(`api has no decorators: messages, recipients and charges are open to ${whom}`);
  }
}

/** What Fastify was made with; it shows only some of it openly. null where it is not found. */
function fastifyOptions(instance: object): { return503OnClosing?: boolean } | null {
  const symbol = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.options');
  return symbol === undefined ? null : (Reflect.get(instance, symbol) as { return503OnClosing?: boolean });
}

/** By name: guards given to `useGlobalGuards`, and those provided as APP_GUARD, made for each request or not. */
function globalGuards(config: ApplicationConfig): string[] {
  const lasting = config.getGlobalGuards().map((guard) => guard.constructor.name);
  const ofRequests = config.getGlobalRequestGuards().map(({ metatype, name }) => String(metatype?.name ?? name));
  return [...lasting, ...ofRequests];
}

/** What decorators say, by key. */
function metadataOf(decorators: readonly HostDecorator[]): string[] {
  return Reflect.getOwnMetadataKeys(decorated(CallbackController, decorators))
    .map(String)
    .filter((key) => !OF_NEST.test(key));
}
