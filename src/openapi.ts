import { describeCallback } from './openapi/callback.routes.js';
import { describeContacts } from './openapi/contact.routes.js';
import { describeFeed } from './openapi/feed.routes.js';
import { describeHealth } from './openapi/health.routes.js';
import { describeLedger } from './openapi/ledger.routes.js';
import { describeMessages } from './openapi/messages.routes.js';
import { describeQuarantine } from './openapi/quarantine.routes.js';
import { describeSubscriptions } from './openapi/subscription.routes.js';
import { describeWebhooks } from './openapi/webhook.routes.js';

const DESCRIPTIONS = [
  describeCallback,
  describeMessages,
  describeLedger,
  describeContacts,
  describeQuarantine,
  describeSubscriptions,
  describeFeed,
  describeWebhooks,
  describeHealth,
];

let isDescribed = false;

/**
 * Adds OpenAPI descriptions to our routes, for applications that have `@nestjs/swagger`; to be called before the
 * document is made. A second call does nothing.
 */
export function describeEsms(): void {
  if (isDescribed) return;
  isDescribed = true;
  for (const describe of DESCRIPTIONS) describe();
}
