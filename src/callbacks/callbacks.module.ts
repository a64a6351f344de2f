import { Module } from '@nestjs/common';
import { CallbackTokens } from '../access/callback-tokens.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { CallbackKeeper } from './callback-keeper.js';
import { CallbackReceiver } from './callback-receiver.js';
import { CallbackRoute } from './callback-route.js';
import { CallbackSpool } from './callback-spool.js';
import { EsmsQuarantine } from './esms-quarantine.js';
import { HttpEdge } from './http-edge.js';
import { MalformedRequests } from './malformed-requests.js';
import { QuarantineStore } from './quarantine.store.js';
import { SpoolDrainer } from './spool.drainer.js';

/** Everything about callbacks but their routes. */
@Module({
  imports: [ChannelsModule, MessagesModule],
  providers: [
    CallbackTokens,
    CallbackKeeper,
    CallbackReceiver,
    CallbackRoute,
    MalformedRequests,
    HttpEdge,
    CallbackSpool,
    QuarantineStore,
    EsmsQuarantine,
    SpoolDrainer,
  ],
  exports: [CallbackTokens, CallbackReceiver, EsmsQuarantine],
})
export class CallbacksModule {}
