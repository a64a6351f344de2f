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
import { DispatchLoops } from './dispatch-loops.js';
import { EventReplay } from './event-replay.js';
import { EventFeed } from './feed/event-feed.js';
import { EventHorizon } from './log/event-horizon.js';
import { FeedQueries } from './feed/feed-queries.js';
import { HandlerLoops } from './handler-loops.js';
import { CursorTable } from './log/cursor-table.js';
import { EventLog } from './log/event-log.js';
import { FanOut } from './log/fan-out.js';
import { HeldBack } from './log/held-back.js';
import { LogQueries } from './log/log-queries.js';
import { LogReaders } from './log/log-readers.js';
import { OpenWork } from './open-work.js';
import { Outbox } from './outbox.js';
import { ParkedDeliveries } from './parked-deliveries.js';
import { ReaderPool } from './reader-pool.js';
import { loadRelays, Relays } from './relays/relays.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { SubscriberRetirement } from './subscriber-retirement.js';
import { SubscriberTable } from './subscriber-table.js';
import { SubscriptionChanges } from './subscription-changes.js';
import { SubscriptionDuties } from './subscription-duties.js';
import { SubscriptionQueries } from './subscription-queries.js';
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
const LOG = [LogQueries, EventLog, CursorTable, HeldBack, FanOut, LogReaders, ReaderPool];
const RELAYS = { provide: Relays, useFactory: loadRelays, inject: [OPTIONS, STRUCTURE] };
const MEMBERSHIP = [
  SubscriberRegistry,
  SubscriberTable,
  SubscriberRetirement,
  EventReplay,
  SubscriptionDuties,
  SubscriptionKeeper,
  SubscriptionQueries,
  SubscriptionChanges,
];
const FEED = [EventHorizon, FeedQueries, EventFeed];
/** What subscribers that are made at run time need. */
const FOR_WEBHOOKS = [WakeUp, ParkedDeliveries, SubscriberTable, SubscriptionKeeper];

/** The outbox, its subscribers, the dispatcher and the feed. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    Outbox,
    WakeUp,
    ...LOG,
    ...DELIVERY,
    ...MEMBERSHIP,
    RELAYS,
    DispatchLoops,
    Dispatcher,
    EsmsSubscriptions,
    ...FEED,
  ],
  exports: [Outbox, EsmsSubscriptions, EventFeed, ReaderPool, ...FOR_WEBHOOKS],
})
export class EventsModule {}
