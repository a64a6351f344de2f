import { type DynamicModule, Module, UseGuards } from '@nestjs/common';
import { ApiKeyGuard, ApiKeysModule, EsmsModule, type Caller, type EsmsOptions } from '../index.js';

/** What the standalone service is made from. */
export interface AppOptions {
  esms: EsmsOptions;
  apiKeys: ReadonlyMap<string, Caller>;
}

/** The standalone service: the library's first host. */
@Module({})
export class AppModule {
  static with({ esms, apiKeys }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        EsmsModule.forRoot({
          ...esms,
          api: { decorators: [UseGuards(ApiKeyGuard)] },
          imports: [ApiKeysModule.register(apiKeys)],
        }),
      ],
    };
  }
}
