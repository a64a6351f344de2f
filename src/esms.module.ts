import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ModulesContainer, RouterModule } from '@nestjs/core';
import { BillingModule } from './billing/billing.module.js';
import { LedgerController } from './billing/ledger.controller.js';
import { CallbackController } from './callbacks/callback.controller.js';
import { CallbacksModule } from './callbacks/callbacks.module.js';
import { QuarantineController } from './callbacks/quarantine.controller.js';
import { type EsmsRootAsyncOptions, type EsmsRootOptions, OptionsModule } from './config/options.module.js';
import type { EsmsStructure, ResolvedStructure } from './config/options.js';
import { resolveStructure } from './config/resolve-options.js';
import { ContactsController } from './crm/contacts.controller.js';
import { CrmModule } from './crm/crm.module.js';
import { DatabaseModule } from './database/database.module.js';
import { decorated } from './decorated.js';
import { EsmsError } from './domain/errors.js';
import { ENTITIES } from './entities.js';
import { EventsModule } from './events/events.module.js';
import { EventsController } from './events/feed/events.controller.js';
import { SubscriptionsController } from './events/subscriptions.controller.js';
import { WebhooksController } from './events/webhooks/webhooks.controller.js';
import { WebhooksModule } from './events/webhooks/webhooks.module.js';
import { HostCheck } from './host-check.js';
import { LimitsModule } from './limits/limits.module.js';
import { MessagesController } from './messages/messages.controller.js';
import { MessagesModule } from './messages/messages.module.js';
import { HealthController } from './ops/health.controller.js';
import { demandSingleCopy } from './single-copy.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';

/** The routes of ours, in a module of their own, so that one path can be put before them. */
@Module({})
class RoutesModule {}

/**
 * Delivery receipts of eSMS.vn, inside a NestJS application: declared once, in its root module, for all accounts. It is
 * global: `EsmsMessages`, `EsmsLedger`, `EsmsContacts`, `EsmsQuarantine` and `EsmsSubscriptions` can be injected
 * anywhere.
 */
@Module({})
export class EsmsModule {
  /** @internal */
  constructor(modules: ModulesContainer) {
    if ([...modules.values()].filter(({ metatype }) => metatype === EsmsModule).length === 1) return;
    throw new EsmsError(
      'options_invalid',
      'EsmsModule is in this application more than once. One forRoot serves every eSMS account: give them all in ' +
        '`accounts`. The module is global, so that no other module needs to import it',
    );
  }

  /** With the options at hand. Throws `EsmsError` `options_invalid` at boot, which lists every problem. */
  static forRoot(options: EsmsRootOptions): DynamicModule {
    return compose(OptionsModule.forRoot(options), options);
  }

  /**
   * With the values from `useFactory`, or from the `createEsmsOptions()` of a class (`useClass`, `useExisting`); the
   * structure is given at once. Throws `EsmsError` `options_invalid` at boot, which lists every problem.
   */
  static forRootAsync(options: EsmsRootAsyncOptions): DynamicModule {
    return compose(OptionsModule.forRootAsync(options), options);
  }
}

function compose(options: DynamicModule, given: EsmsStructure): DynamicModule {
  demandSingleCopy();
  const structure = resolveStructure(given);
  const readers = [...(structure.billing ? [BillingModule] : []), ...(structure.crm ? [CrmModule] : [])];
  const webhooks = structure.webhooks === false ? [] : [WebhooksModule];
  const parts = [CallbacksModule, MessagesModule, ...readers, ...webhooks];
  return {
    module: EsmsModule,
    global: true,
    imports: [
      options,
      TelemetryModule,
      DatabaseModule.forRoot(ENTITIES),
      EventsModule,
      ...parts,
      {
        module: RoutesModule,
        imports: [LimitsModule, ...parts, ...structure.imports],
        controllers: controllersOf(structure),
      },
      RouterModule.register([{ path: structure.path, module: RoutesModule }]),
    ],
    providers: [HostCheck],
    exports: parts,
  };
}

function controllersOf({ callbacks, api, health, billing, crm, webhooks }: ResolvedStructure): Type[] {
  const readers: Type[] = [
    MessagesController,
    QuarantineController,
    SubscriptionsController,
    EventsController,
    ...(webhooks === false ? [] : [WebhooksController]),
    ...(billing ? [LedgerController] : []),
    ...(crm ? [ContactsController] : []),
  ];
  return [
    decorated(CallbackController, callbacks.decorators),
    ...(health === false ? [] : [decorated(HealthController, health.decorators)]),
    ...(api === false ? [] : readers.map((controller) => decorated(controller, api.decorators))),
  ];
}
