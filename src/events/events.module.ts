import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { OPTIONS, STRUCTURE } from '../config/tokens.js';
import { DeliveryClaims } from './delivery-claims.js';
import { DeliveryCompletion } from './delivery-completion.js';
import { DeliveryRetention } from './delivery-retention.js';
import { DispatchPool } from './dispatch-pool.js';
import { Dispatcher } from './dispatcher.js';
import { DeliverySettler } from './delivery-settler.js';
import { EsmsSubscriptions } from './esms-subscriptions.js';
import { EventReplay } from './event-replay.js';
import { EventFeed } from './feed/event-feed.js';
import { EventHorizon } from './feed/event-horizon.js';
import { FeedQueries } from './feed/feed-queries.js';
import { HandlerLoops } from './handler-loops.js';
import { OpenWork } from './open-work.js';
import { Outbox } from './outbox.js';
import { ParkedDeliveries } from './parked-deliveries.js';
import { loadRelays, Relays } from './relays/relays.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { SubscriberRetirement } from './subscriber-retirement.js';
import { SubscriberTable } from './subscriber-table.js';
import { SubscriptionKeeper } from './subscription-keeper.js';
import { WakeUp } from './wake-up.js';

const DELIVERY = [
  DispatchPool,
  DeliveryClaims,
  DeliveryCompletion,
  DeliverySettler,
  DeliveryRetention,
  HandlerLoops,
  ParkedDeliveries,
  OpenWork,
];
const RELAYS = { provide: Relays, useFactory: loadRelays, inject: [OPTIONS, STRUCTURE] };
const MEMBERSHIP = [SubscriberRegistry, SubscriberTable, SubscriberRetirement, EventReplay, SubscriptionKeeper];
const FEED = [EventHorizon, FeedQueries, EventFeed];
/** What subscribers that are made at run time need. */
const FOR_WEBHOOKS = [WakeUp, ParkedDeliveries, SubscriberTable, SubscriptionKeeper];

/** The outbox, its subscribers, the dispatcher and the feed. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [Outbox, WakeUp, ...DELIVERY, ...MEMBERSHIP, RELAYS, Dispatcher, EsmsSubscriptions, ...FEED],
  exports: [Outbox, EsmsSubscriptions, EventFeed, ...FOR_WEBHOOKS],
})
export class EventsModule {}
