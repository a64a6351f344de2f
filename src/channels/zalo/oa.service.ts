import { Injectable } from '@nestjs/common';
import { recipientOf } from '../../domain/recipient.js';
import type { ChannelReading, ChannelService, GatewayFields } from '../channel-service.js';
import { failureOf } from '../failure-of.js';
import { readErrorInfo } from './error-info.js';
import { zaloUserOf } from './zalo-user.js';

/**
 * Messages of a Zalo Official Account to a user id: consulting, transaction and user information, which the callback
 * does not tell apart. `phonenumber` holds the first 15 characters of the id (facts §1.3), so the whole one in Zalo's
 * answer goes first. That answer says only that Zalo took the message.
 */
@Injectable()
export class OaService implements ChannelService {
  readonly channels = ['zalo_oa'] as const;

  read(fields: GatewayFields): ChannelReading {
    const { code, message, userId } = readErrorInfo(fields.errorInfo);
    return {
      recipient: zaloUserOf(userId) ?? (fields.recipient === null ? null : recipientOf(fields.recipient)),
      error: failureOf(code, message),
      successProves: 'accepted',
    };
  }
}
