import { Module, type DynamicModule } from '@nestjs/common';
import type { Caller } from './caller.js';
import { SecretTable } from './secret-table.js';

/** The API keys of the service and who each one is. */
export class ApiKeys {
  readonly #keys: SecretTable<Caller>;

  /** @internal */
  constructor(keys: ReadonlyMap<string, Caller>) {
    this.#keys = new SecretTable(keys);
  }

  /** Who a key is; null for none of ours. */
  callerOf(key: string): Caller | null {
    return this.#keys.find(key);
  }
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
