import { Injectable } from '@nestjs/common';
import { recipientOf } from '../../domain/recipient.js';
import type { ChannelReading, ChannelService, GatewayFields } from '../channel-service.js';
import { failureOf } from '../failure-of.js';
import { readErrorInfo } from './error-info.js';
import { zaloUserOf } from './zalo-user.js';

/**
 * Zalo journey messages. They are sent to a phone, yet the only sample (C8, edited by hand, it seems) names a cut user
 * id and Zalo's answer the whole one; a real callback may carry the phone [U]. A phone stands; anything else gives way to
 * the id of the answer, as for an Official Account.
 */
@Injectable()
export class JourneyService implements ChannelService {
  readonly channels = ['zalo_journey'] as const;

  read(fields: GatewayFields): ChannelReading {
    const { code, message, userId } = readErrorInfo(fields.errorInfo);
    const addressed = fields.recipient === null ? null : recipientOf(fields.recipient);
    return {
      recipient: addressed?.kind === 'phone' ? addressed : (zaloUserOf(userId) ?? addressed),
      error: failureOf(code, message),
      successProves: 'accepted',
    };
  }
}
