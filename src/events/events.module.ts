import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DeliveryClaims } from './delivery-claims.js';
import { Dispatcher } from './dispatcher.js';
import { Outbox } from './outbox.js';
import { SubscriberRegistry } from './subscriber-registry.js';
import { Subscriptions } from './subscriptions.js';

/** The outbox and the dispatcher. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [Outbox, DeliveryClaims, SubscriberRegistry, Subscriptions, Dispatcher],
  exports: [Outbox],
})
export class EventsModule {}
