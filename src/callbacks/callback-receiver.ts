import { Inject, Injectable } from '@nestjs/common';
import { ChannelServices } from '../channels/channel-services.js';
import { CLOCK } from '../config/tokens.js';
import type { Clock } from '../domain/clock.js';
import { Intake, ReportUnstorable } from '../messages/intake.js';
import { decodeCallback } from './decode-callback.js';
import type { AuthenticatedCallback, QuarantineReason } from './quarantined-callback.js';
import { QuarantineStore } from './quarantine.store.js';

/** What became of a callback, once it is stored. */
export type Received = { kept: true; smsId: string } | { kept: false; reason: QuarantineReason };

/** Brings callbacks under their messages, or into quarantine; the HTTP route and the replay both come here. */
@Injectable()
export class CallbackReceiver {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly channels: ChannelServices,
    private readonly intake: Intake,
    private readonly quarantine: QuarantineStore,
  ) {}

  /** Ends when the callback is committed, one way or the other. Rejects with the database's error where it could not be. */
  async receive(account: string, query: Buffer): Promise<Received> {
    const callback = { account, query, receivedAt: this.clock.now() };
    const received = await this.keep(callback);
    if (!received.kept) await this.quarantine.add(callback, received.reason);
    return received;
  }

  /** Keeps a callback under its message, or under the SMSID given instead of its own; quarantines nothing. */
  async keep({ account, query, receivedAt }: AuthenticatedCallback, givenSmsId?: string): Promise<Received> {
    const { smsId: ownSmsId, unkeepable, fields, digest } = decodeCallback(query.toString('latin1'));
    const smsId = givenSmsId ?? ownSmsId;
    if (smsId === null) return { kept: false, reason: unkeepable ?? 'sms_id_absent' };
    const identity = { account, smsId, source: 'callback', receivedAt, firstReceivedAt: receivedAt, digest } as const;
    try {
      await this.intake.accept({ report: { ...identity, ...this.channels.contentOf(fields) }, raw: query });
      return { kept: true, smsId };
    } catch (error) {
      if (error instanceof ReportUnstorable) return { kept: false, reason: 'unstorable' };
      throw error;
    }
  }
}
