import { Module } from '@nestjs/common';
import { CallbackTokens } from '../access/callback-tokens.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { CallbackKeeper } from './callback-keeper.js';
import { CallbackReceiver } from './callback-receiver.js';
import { CallbackSalvage } from './callback-salvage.js';
import { CallbackSpool } from './callback-spool.js';
import { EsmsQuarantine } from './esms-quarantine.js';
import { QuarantineStore } from './quarantine.store.js';
import { SpoolDrainer } from './spool.drainer.js';

/** Everything about callbacks but their routes. */
@Module({
  imports: [ChannelsModule, MessagesModule],
  providers: [
    CallbackTokens,
    CallbackKeeper,
    CallbackReceiver,
    CallbackSalvage,
    CallbackSpool,
    QuarantineStore,
    EsmsQuarantine,
    SpoolDrainer,
  ],
  exports: [CallbackTokens, CallbackReceiver, CallbackSalvage, EsmsQuarantine],
})
export class CallbacksModule {}
