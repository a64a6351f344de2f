import { hash } from 'node:crypto';
import { type DynamicModule, Logger, Module, UnauthorizedException } from '@nestjs/common';
import { CountedLine } from '../telemetry/counted-line.js';
import { addressOf, type AddressedRequest } from './address-of.js';
import type { Caller } from './caller.js';
import { SecretTable } from './secret-table.js';

/** The beginning of its SHA-256: an operator finds the key by it, and nobody else does. */
const nameOf = (key: string): string => hash('sha256', key, 'hex').slice(0, 12);

/** A request of either adapter. */
interface KeyedRequest extends AddressedRequest {
  headers: Record<string, string | string[] | undefined>;
}

/** The API keys of the service and who each one is. */
export class ApiKeys {
  readonly #logger = new Logger('EsmsAccess');
  readonly #strangers = new CountedLine((line) => this.#logger.warn(line));
  readonly #keys: SecretTable<Caller>;

  /** @internal */
  constructor(keys: ReadonlyMap<string, Caller>) {
    this.#keys = new SecretTable([...keys].map(([key, caller]) => [key, { ...caller, key: nameOf(key) }]));
  }

  /** Who a key is; null for none of ours. */
  callerOf(key: string): Caller | null {
    return this.#keys.find(key);
  }

  /**
   * Who a request is from, by the key in its `x-api-key`, or as a bearer. Throws `UnauthorizedException` where it brings
   * none of ours.
   */
  identify(request: KeyedRequest): Caller {
    const key = keyIn(request.headers);
    if (key === null) throw new UnauthorizedException('an API key is needed: x-api-key, or Authorization: Bearer');
    const caller = this.callerOf(key);
    if (caller !== null) return caller;
    this.#strangers.note(`a request with an unknown API key was refused, from ${addressOf(request)}`);
    throw new UnauthorizedException('this API key is not known');
  }
}

/** null for none: an empty header brings none, and what is no bearer is somebody else's way in. */
function keyIn({ authorization, 'x-api-key': given }: Record<string, string | string[] | undefined>): string | null {
  if (typeof given === 'string' && given.trim() !== '') return given.trim();
  const bearer = /^Bearer +(\S+)$/i.exec(typeof authorization === 'string' ? authorization : '');
  return bearer?.[1] ?? null;
}

/** Gives the keys to the `ApiKeyGuard`. */
@Module({})
export class ApiKeysModule {
  static register(keys: ReadonlyMap<string, Caller>): DynamicModule {
    return {
      module: ApiKeysModule,
      providers: [{ provide: ApiKeys, useValue: new ApiKeys(keys) }],
      exports: [ApiKeys],
    };
  }
}
