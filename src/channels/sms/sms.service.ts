import { Injectable } from '@nestjs/common';
import type { ChannelReading, ChannelService, GatewayFields } from '../channel-service.js';
import { failureOf } from '../failure-of.js';
import { phoneRecipient } from '../phone-recipient.js';
import { readErrorInfo } from '../zalo/error-info.js';

/**
 * SMS: advertising, customer care and fixed number. A success is the telco's report (facts §3.3, inferred). The
 * documentation gives `error_info` to Zalo only; it is read here too, since the gateway's tables were wrong before.
 */
@Injectable()
export class SmsService implements ChannelService {
  readonly channels = ['sms_advertising', 'sms_care', 'sms_fixed'] as const;

  read(fields: GatewayFields): ChannelReading {
    const { code, message } = readErrorInfo(fields.errorInfo);
    return {
      recipient: phoneRecipient(fields.recipient),
      error: failureOf(code, message),
      successProves: 'on_device',
    };
  }
}
