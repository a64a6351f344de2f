import { Injectable } from '@nestjs/common';
import { isCutOf, type Recipient, recipientOf } from '../../domain/recipient.js';
import type { ChannelReading, ChannelService, GatewayFields } from '../channel-service.js';
import { failureOf } from '../failure-of.js';
import { readErrorInfo } from './error-info.js';
import { zaloUserOf } from './zalo-user.js';

/** Zalo's own delivery status for "on the phone" (facts §3.1). */
const ON_THE_PHONE = 1;

/**
 * Zalo ZNS templates, sent to a phone or to a Zalo user id (sample C9); which one, `phonenumber` says.
 *
 * A success proves the message on the phone only where Zalo's status says so. Without one nothing is documented [U]:
 * that eSMS knows a code for "was not online in time" (1001) hints that it waits for the phone, but a hint is no
 * proof, so such a success counts as accepted.
 */
@Injectable()
export class ZnsService implements ChannelService {
  readonly channels = ['zalo_zns'] as const;

  read(fields: GatewayFields): ChannelReading {
    const { code, message, userId, status } = readErrorInfo(fields.errorInfo);
    return {
      recipient: znsRecipient(fields.recipient, zaloUserOf(userId)),
      error: failureOf(code, message),
      successProves: status === ON_THE_PHONE ? 'on_device' : 'accepted',
    };
  }
}

/** As the message was addressed; Zalo's answer only where that is missing or cut. */
function znsRecipient(text: string | null, answered: Recipient | null): Recipient | null {
  if (text === null) return answered;
  const addressed = recipientOf(text);
  return answered !== null && isCutOf(addressed, answered) ? answered : addressed;
}
