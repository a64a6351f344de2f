import { Inject, Injectable } from '@nestjs/common';
import type { Anomaly } from '../domain/anomaly.js';
import { type Channel, channelOfType } from '../domain/channel.js';
import type { Failure } from '../domain/failure.js';
import type { ReportContent } from '../domain/report.js';
import { type Outcome, receiversOf, type Standing, standingOf } from '../domain/standing.js';
import type { ChannelService, GatewayFields } from './channel-service.js';
import { SmsService } from './sms/sms.service.js';
import { UnrecognisedService } from './unrecognised/unrecognised.service.js';
import { ViberService } from './viber/viber.service.js';
import { JourneyService } from './zalo/journey.service.js';
import { OaService } from './zalo/oa.service.js';
import { ZnsService } from './zalo/zns.service.js';

/** Turns the gateway's fields into a report: the common table of design §3, and what the channel's service knows. */
@Injectable()
export class ChannelServices {
  readonly #services: Readonly<Record<Channel, ChannelService>>;

  constructor(
    @Inject(SmsService) sms: SmsService,
    @Inject(ViberService) viber: ViberService,
    @Inject(ZnsService) zns: ZnsService,
    @Inject(OaService) oa: OaService,
    @Inject(JourneyService) journey: JourneyService,
    @Inject(UnrecognisedService) unrecognised: UnrecognisedService,
  ) {
    this.#services = {
      sms_advertising: sms,
      sms_care: sms,
      sms_fixed: sms,
      viber,
      zalo_zns: zns,
      zalo_oa: oa,
      zalo_journey: journey,
      unrecognised,
    };
  }

  /** The service of a channel; every channel has one. */
  of(channel: Channel): ChannelService {
    return this.#services[channel];
  }

  /** What one answer of the gateway says about its message. */
  contentOf(fields: GatewayFields): ReportContent {
    const channel = channelOfType(fields.typeId);
    const { recipient, error, successProves } = this.of(channel).read(fields);
    const standing = standingOf({ ...fields, sendStatus: fields.status });
    return {
      standing,
      sendStatus: fields.sendStatus,
      typeId: fields.typeId,
      channel,
      receivers: fields.receivers,
      sent: fields.sent,
      price: fields.price,
      telcoId: fields.telcoId,
      recipient,
      requestId: fields.requestId,
      oaId: fields.oaId,
      templateId: fields.templateId,
      partnerId: fields.partnerId,
      switchSmsId: fields.switchSmsId,
      error: standing.outcome === 'delivered' ? withoutMereWords(error) : error,
      proof: claimsSuccess(standing.outcome) ? successProves : null,
      anomalies: [...fields.anomalies, ...anomaliesOf(fields, channel, standing)],
    };
  }
}

/** Words beside a success are Zalo's or .NET's chatter; a code is evidence, whatever the counters say. */
function withoutMereWords(error: Failure | null): Failure | null {
  return error?.code === null ? null : error;
}

function claimsSuccess(outcome: Outcome | null): boolean {
  return outcome === 'delivered' || outcome === 'partially_delivered';
}

function anomaliesOf(fields: GatewayFields, channel: Channel, standing: Standing): Anomaly[] {
  const statusKnownOdd = fields.anomalies.some((anomaly) => anomaly.startsWith('status_'));
  const oddities: [Anomaly, boolean][] = [
    ['type_unrecognised', fields.typeId !== null && channel === 'unrecognised'],
    ['status_absent', fields.sendStatus === null && !statusKnownOdd],
    ['status_unrecognised', fields.status !== null && standing.state === null],
    ['counters_exceed_receivers', standing.succeeded + standing.failed > receiversOf(fields)],
  ];
  return oddities.flatMap(([anomaly, isSo]) => (isSo ? [anomaly] : []));
}
