import { type DynamicModule, Module, UseGuards } from '@nestjs/common';
import {
  ApiKeyGuard,
  ApiKeysModule,
  EsmsModule,
  type Caller,
  type EsmsOptions,
  type WebhookOptions,
} from '../index.js';

/** What the standalone service is made from. */
export interface AppOptions {
  esms: EsmsOptions;
  apiKeys: ReadonlyMap<string, Caller>;
  /** On in any case: systems in other languages are who the service is for. */
  webhooks?: WebhookOptions;
  /** Whether `/docs` and `/docs-json` need a key, as in production. */
  docsNeedKey?: boolean;
}

/** The standalone service: the library's first host. */
@Module({})
export class AppModule {
  static with({ esms, apiKeys, webhooks = {} }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        EsmsModule.forRoot({
          ...esms,
          api: { decorators: [UseGuards(ApiKeyGuard)] },
          webhooks,
          imports: [ApiKeysModule.register(apiKeys)],
        }),
      ],
    };
  }
}
