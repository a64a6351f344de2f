import { Module } from '@nestjs/common';
import type { WebhookOptions } from '../../config/options.js';
import { WEBHOOKS } from '../../config/tokens.js';
import { DeliveryCompletion } from '../delivery-completion.js';
import { DeliverySettler } from '../delivery-settler.js';
import { DispatchPool } from '../dispatch-pool.js';
import { EsmsWebhooks } from './esms-webhooks.js';
import { WebhookAttempts } from './webhook-attempts.js';
import { WebhookClaims } from './webhook-claims.js';
import { WebhookClient } from './webhook-client.js';
import { WebhookCouriers } from './webhook-couriers.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import { WebhookDispatch } from './webhook-dispatch.js';
import { WebhookHealth } from './webhook-health.js';
import { WebhookLoops } from './webhook-loops.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhookTable } from './webhook-table.js';
import { WebhookUpkeep } from './webhook-upkeep.js';
import { WebhookWatch } from './webhook-watch.js';

/** Of their own, with connections of their own: a hundred webhooks that claim at once hold up no handler. */
const DELIVERY = [DispatchPool, WebhookClaims, DeliveryCompletion, DeliverySettler];
const ENDPOINTS = [WebhookTable, WebhookAttempts, WebhookHealth, WebhookDeliveries, EsmsWebhooks];
const CALLS = [WebhookSender, WebhookCouriers, WebhookLoops, WebhookUpkeep, WebhookWatch, WebhookDispatch];

/** Calls of other systems. */
@Module({
  providers: [
    {
      provide: WebhookClient,
      useFactory: (options: Required<WebhookOptions>) => new WebhookClient(options),
      inject: [WEBHOOKS],
    },
    ...DELIVERY,
    ...ENDPOINTS,
    ...CALLS,
  ],
  exports: [EsmsWebhooks],
})
export class WebhooksModule {}
