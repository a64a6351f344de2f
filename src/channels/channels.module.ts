import { Module } from '@nestjs/common';
import { ChannelServices } from './channel-services.js';
import { SmsService } from './sms/sms.service.js';
import { UnrecognisedService } from './unrecognised/unrecognised.service.js';
import { ViberService } from './viber/viber.service.js';
import { JourneyService } from './zalo/journey.service.js';
import { OaService } from './zalo/oa.service.js';
import { ZnsService } from './zalo/zns.service.js';

/** The domain services of all channels, behind one door. */
@Module({
  providers: [ChannelServices, SmsService, ViberService, ZnsService, OaService, JourneyService, UnrecognisedService],
  exports: [ChannelServices],
})
export class ChannelsModule {}
