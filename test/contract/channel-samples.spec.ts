import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { ChannelServices } from '../../src/channels/channel-services.js';
import { ChannelsModule } from '../../src/channels/channels.module.js';
import type { ReportContent } from '../../src/domain/report.js';
import { fieldsOf } from '../support/gateway-fields.js';
import { SEED_SAMPLES, UID_SAMPLE } from '../support/samples.js';

const testing = await Test.createTestingModule({ imports: [ChannelsModule] }).compile();
const services = testing.get(ChannelServices);

describe('the samples', () => {
  const zaloUser = { kind: 'zalo_user', value: '31215806834323092' } as const;
  const delivered = { state: 'reported', outcome: 'delivered', succeeded: 1, failed: 0, progress: [1, 0] } as const;
  const undelivered = { state: 'reported', outcome: 'undelivered', succeeded: 0, progress: [1, 0] } as const;
  const base: Omit<ReportContent, 'channel' | 'typeId' | 'standing' | 'price'> = {
    sendStatus: '5',
    receivers: 1,
    sent: 1,
    telcoId: null,
    recipient: { kind: 'phone', value: '0901888484' },
    requestId: null,
    oaId: null,
    templateId: null,
    partnerId: null,
    switchSmsId: null,
    error: null,
    proof: null,
    anomalies: [],
  };
  const oaMessage: ReportContent = {
    ...base,
    standing: delivered,
    typeId: '26',
    channel: 'zalo_oa',
    price: '60.0000',
    recipient: zaloUser,
    oaId: '4097311281936189049',
    partnerId: 'f405841b5f2352790b36',
    proof: 'accepted',
  };

  const expected: Record<string, ReportContent> = {
    'c1-customer-care': {
      ...base,
      standing: { ...undelivered, failed: 2 },
      typeId: '2',
      channel: 'sms_care',
      receivers: 2,
      sent: 2,
      price: '0.0000',
      telcoId: '1',
    },
    'c2-advertising': {
      ...base,
      standing: { state: 'sent', outcome: null, succeeded: 0, failed: 0, progress: [0, 1] },
      typeId: '1',
      channel: 'sms_advertising',
      receivers: 169,
      sent: 169,
      price: '696987.0000',
      recipient: null,
    },
    'c3-zns-failed': {
      ...base,
      standing: { ...undelivered, failed: 1 },
      typeId: '25',
      channel: 'zalo_zns',
      sent: 0,
      price: '0.0000',
      telcoId: '2',
      oaId: '1397492183140006179',
      templateId: '2056446',
      error: {
        code: '-114',
        message: 'User is inactive, or reject the message, or using an outdated Zalo version, or other internal errors',
        reason: 'recipient_inactive',
        failureClass: 'recipient',
      },
    },
    'c4-viber': {
      ...base,
      standing: delivered,
      typeId: '23',
      channel: 'viber',
      price: '470.0000',
      telcoId: '2',
      proof: 'on_device',
    },
    'c5-oa-consulting': { ...oaMessage, partnerId: 'e1a60e8890be9de4c4ab' },
    'c6-oa-transaction': oaMessage,
    'c7-oa-user-information': oaMessage,
    'c8-journey': {
      ...oaMessage,
      typeId: '27',
      channel: 'zalo_journey',
      price: '220.0000',
      partnerId: 'e1a60e8890be9derir3gfbff',
    },
    'c9-zns-by-user-id': {
      ...base,
      standing: delivered,
      typeId: '25',
      channel: 'zalo_zns',
      price: '2104.0000',
      telcoId: '9',
      recipient: { kind: 'zalo_user', value: '5308693166941955879' },
      oaId: '3639635426588416370',
      templateId: '523194',
      partnerId: '416f53d0cf0ec7569e19',
      proof: 'on_device',
    },
  };

  it.each([...SEED_SAMPLES, UID_SAMPLE])('$name', ({ name, query }) => {
    expect(services.contentOf(fieldsOf(query))).toEqual(expected[name]);
  });

  it('have bytes of their own, but for the sixth and the seventh', () => {
    const queries = SEED_SAMPLES.map(({ query }) => query);
    expect(new Set(queries).size).toBe(7);
    expect(queries[5]).toBe(queries[6]);
  });
});
