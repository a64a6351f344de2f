import { Module } from '@nestjs/common';
import { CallbackTokens } from '../access/callback-tokens.js';
import { ChannelsModule } from '../channels/channels.module.js';
import { MessagesModule } from '../messages/messages.module.js';
import { CallbackReceiver } from './callback-receiver.js';
import { QuarantineStore } from './quarantine.store.js';

/** Everything about callbacks but their routes. */
@Module({
  imports: [ChannelsModule, MessagesModule],
  providers: [CallbackTokens, CallbackReceiver, QuarantineStore],
  exports: [CallbackTokens, CallbackReceiver, QuarantineStore],
})
export class CallbacksModule {}
