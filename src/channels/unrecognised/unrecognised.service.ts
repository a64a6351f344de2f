import { Injectable } from '@nestjs/common';
import { recipientOf } from '../../domain/recipient.js';
import type { ChannelReading, ChannelService, GatewayFields } from '../channel-service.js';
import { failureOf } from '../failure-of.js';
import { readErrorInfo } from '../zalo/error-info.js';

/** A type that we do not know: everything is read as far as it goes, and a success proves the least it can. */
@Injectable()
export class UnrecognisedService implements ChannelService {
  readonly channels = ['unrecognised'] as const;

  read(fields: GatewayFields): ChannelReading {
    const { code, message } = readErrorInfo(fields.errorInfo);
    return {
      recipient: fields.recipient === null ? null : recipientOf(fields.recipient),
      error: failureOf(code, message),
      successProves: 'accepted',
    };
  }
}
