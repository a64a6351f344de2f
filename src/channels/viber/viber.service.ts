import { Injectable } from '@nestjs/common';
import type { ChannelReading, ChannelService, GatewayFields } from '../channel-service.js';
import { failureOf } from '../failure-of.js';
import { phoneRecipient } from '../phone-recipient.js';
import { readErrorInfo } from '../zalo/error-info.js';

/**
 * Viber, sent to a phone. That a success is Viber's report from the phone is our reading: facts name no other meaning
 * and have one sample (C4), which carries no error_info.
 */
@Injectable()
export class ViberService implements ChannelService {
  readonly channels = ['viber'] as const;

  read(fields: GatewayFields): ChannelReading {
    const { code, message } = readErrorInfo(fields.errorInfo);
    return {
      recipient: phoneRecipient(fields.recipient),
      error: failureOf(code, message),
      successProves: 'on_device',
    };
  }
}
